/// How long the history is kept: see `docs/retention.md`.
package struct RetentionPolicy: Sendable, Hashable {
    /// Runs that have ended, with all that belongs to them.
    package var runs = RetentionAge.after(.seconds(90 * 86_400))
    /// Logs of attempts, also of runs that are kept.
    package var logs = RetentionAge.after(.seconds(30 * 86_400))
    /// Updates of assets that no run knows, and callbacks that were delivered.
    package var events = RetentionAge.after(.seconds(90 * 86_400))
    /// So many of the newest runs of each DAG stay, however old they are.
    package var keptRuns = 10

    package init() {}
}

/// A setting of the retention: an environment variable.
package enum RetentionKey: String, Sendable, CaseIterable {
    case runs = "SLIPSTREAM_RETENTION_RUNS"
    case logs = "SLIPSTREAM_RETENTION_LOGS"
    case events = "SLIPSTREAM_RETENTION_EVENTS"
    case keptRuns = "SLIPSTREAM_RETENTION_KEEP_RUNS"

    /// What the value must be, for people.
    package var rule: String {
        switch self {
        case .runs, .logs, .events: RetentionAge.rule
        case .keptRuns: "must be a number from 0 to \(Self.mostKept)"
        }
    }

    fileprivate static let mostKept = 100_000

    /// The value of a policy, as one writes it.
    package func value(in policy: RetentionPolicy) -> String {
        switch self {
        case .runs: policy.runs.description
        case .logs: policy.logs.description
        case .events: policy.events.description
        case .keptRuns: String(policy.keptRuns)
        }
    }

    /// - Returns: False when the text is not as the rule demands; the policy stays as it is.
    fileprivate func read(_ text: String, into policy: inout RetentionPolicy) -> Bool {
        guard self != .keptRuns else {
            guard let count = Int(text), (0...Self.mostKept).contains(count) else { return false }
            policy.keptRuns = count
            return true
        }
        guard let age = RetentionAge(text) else { return false }
        switch self {
        case .runs: policy.runs = age
        case .logs: policy.logs = age
        case .events: policy.events = age
        case .keptRuns: break
        }
        return true
    }
}

/// A setting of the retention that is not as it must be.
package struct RetentionProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package var key: RetentionKey
    package var value: String

    package var description: String { "\(key.rawValue): \(key.rule), is \"\(value)\"" }
}

extension RetentionPolicy {
    /// The policy that environment variables ask for; those that are not set, or empty, leave the standard.
    ///
    /// - Returns: All that is wrong with them, too.
    package static func read(_ environment: [String: String]) -> (policy: RetentionPolicy, problems: [RetentionProblem])
    {
        var policy = RetentionPolicy()
        let problems = RetentionKey.allCases.compactMap { key -> RetentionProblem? in
            guard let value = environment[key.rawValue], !value.isEmpty, !key.read(value, into: &policy) else {
                return nil
            }
            return RetentionProblem(key: key, value: value)
        }
        return (policy, problems)
    }
}
