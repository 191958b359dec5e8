/// What one check found: the key, the value, the rule that it breaks, and what to do.
struct CheckResult: Hashable {
    enum Verdict: String {
        case ok, warning, problem
    }

    var key: String
    var verdict: Verdict
    var value: String
    /// What the value must be; empty when all is well.
    var rule = ""
    var remedy = ""

    static func ok(_ key: String, _ value: String) -> CheckResult { CheckResult(key: key, verdict: .ok, value: value) }

    static func problem(_ key: String, _ value: String, rule: String, remedy: String) -> CheckResult {
        CheckResult(key: key, verdict: .problem, value: value, rule: rule, remedy: remedy)
    }

    static func warning(_ key: String, _ value: String, rule: String, remedy: String) -> CheckResult {
        CheckResult(key: key, verdict: .warning, value: value, rule: rule, remedy: remedy)
    }
}
