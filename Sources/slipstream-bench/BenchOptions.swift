/// What to measure and how often.
struct BenchOptions: Sendable {
    /// Repetitions that are kept of each workload. Defaults to 5.
    var repetitions = 5
    /// Slots of the worker. Defaults to 4.
    var slots = 4
    /// Length of the chains. Defaults to 100.
    var chain = 100
    /// Width of the fans. Defaults to 1,000.
    var width = 1_000
    /// Seconds to wait, before each repetition, for other work on the machine to end. Defaults to 10.
    var patience = 10
    /// Only these workloads; empty for all.
    var workloads: [String] = []
    /// Where the JSON lines go. Defaults to nowhere.
    var json: String?
    /// The parent of the temporary folder; its disk is the one that is measured. Defaults to `/var/tmp`.
    var folder = "/var/tmp"

    static let usage = """
        usage: slipstream-bench [--repetitions N] [--slots N] [--chain N] [--width N] [--patience SECONDS]
                                [--only WORKLOAD] [--json FILE] [--folder PATH]
        """

    init(_ arguments: [String]) throws(BenchError) {
        var rest = arguments[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { throw BenchError(Self.usage) }
            switch option {
            case "--repetitions": repetitions = try Self.number(option, value)
            case "--slots": slots = try Self.number(option, value)
            case "--chain": chain = try Self.number(option, value)
            case "--width": width = try Self.number(option, value)
            case "--patience": patience = try Self.number(option, value, least: 0)
            case "--only": workloads.append(value)
            case "--json": json = value
            case "--folder": folder = value
            default: throw BenchError("\(option): there is no such option\n\(Self.usage)")
            }
        }
    }

    private static func number(_ option: String, _ text: String, least: Int = 1) throws(BenchError) -> Int {
        guard let number = Int(text), number >= least else {
            throw BenchError("\(option): must be a number of at least \(least), is \"\(text)\"")
        }
        return number
    }
}

/// Why the bench cannot go on: one sentence.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
