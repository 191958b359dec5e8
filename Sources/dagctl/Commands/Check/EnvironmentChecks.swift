import DAGModel
import Foundation

/// The environment variables that the program reads.
struct EnvironmentChecks {
    let environment: [String: String]

    static let known =
        [
            "SLIPSTREAM_DATA", "SLIPSTREAM_DATABASE_URL", "SLIPSTREAM_LOG_LEVEL", "SLIPSTREAM_SERVER",
            "SLIPSTREAM_TOKEN",
        ] + RetentionKey.allCases.map(\.rawValue)
    private static let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    func all() -> [CheckResult] { unknown() + [logLevel(), server()].compactMap(\.self) + retention() }

    private func unknown() -> [CheckResult] {
        environment.keys.sorted().filter { $0.hasPrefix("SLIPSTREAM_") && !Self.known.contains($0) }.map { name in
            let nearest = suggestions(for: name, among: Self.known).first
            return .warning(
                name, "set", rule: "is not a variable that dagctl reads",
                remedy: nearest.map { "did you mean \($0)?" }
                    ?? "the variables are \(Self.known.joined(separator: ", "))")
        }
    }

    private func logLevel() -> CheckResult? {
        guard let level = environment["SLIPSTREAM_LOG_LEVEL"] else { return nil }
        if Self.levels.contains(level) { return .ok("SLIPSTREAM_LOG_LEVEL", level) }
        return .problem(
            "SLIPSTREAM_LOG_LEVEL", level, rule: "must be one of \(Self.levels.joined(separator: ", "))",
            remedy: suggestions(for: level, among: Self.levels).first.map { "did you mean \($0)?" }
                ?? "unset it for info")
    }

    private func retention() -> [CheckResult] {
        let problems = RetentionPolicy.read(environment).problems
        return RetentionKey.allCases.compactMap { key in
            guard let value = environment[key.rawValue], !value.isEmpty else { return nil }
            guard problems.contains(where: { $0.key == key }) else { return .ok(key.rawValue, value) }
            return .problem(
                key.rawValue, value, rule: key.rule, remedy: "unset it for \(key.value(in: RetentionPolicy()))")
        }
    }

    private func server() -> CheckResult? {
        guard let server = environment["SLIPSTREAM_SERVER"], !server.isEmpty else { return nil }
        if server.hasPrefix("http://") || server.hasPrefix("https://") { return .ok("SLIPSTREAM_SERVER", server) }
        return .problem(
            "SLIPSTREAM_SERVER", server, rule: "must begin with http:// or https://",
            remedy: "write it as http://host:8793")
    }
}
