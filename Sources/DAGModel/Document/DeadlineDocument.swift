/// What the time of a deadline is counted from, under Airflow's names.
public enum DeadlineReference: Sendable, Hashable {
    /// The moment at which the run was created.
    case dagRunQueuedAt
    /// The run's logical date. A run without one has no such deadline.
    case dagRunLogicalDate
    /// The same time for all runs.
    case fixedDatetime(Instant)
    /// The moment at which the run was created and, on top, how long the DAG's last runs took on average: up to `maxRuns` that have ended, and
    /// at least `minRuns`, which is `maxRuns` unless given. Without so many the run has no such deadline.
    case averageRuntime(maxRuns: Int = 10, minRuns: Int? = nil)
}

/// A deadline of a DAG's runs as described.
public struct DeadlineDocument: Sendable, Hashable {
    /// For people.
    public var name: String?
    public var reference: DeadlineReference
    /// Seconds from the reference on.
    public var interval: Double

    public init(_ reference: DeadlineReference, interval: Double, name: String? = nil) {
        self.reference = reference
        self.interval = interval
        self.name = name
    }
}

// Flat, so that the statement that creates runs can read it.
extension DeadlineDocument: Codable {
    private enum CodingKeys: String, CodingKey { case name, reference, interval, at, maxRuns, minRuns }

    private enum Reference: String, Codable {
        case queuedAt = "queued_at"
        case logicalDate = "logical_date"
        case fixed
        case averageRuntime = "average_runtime"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decodeIfPresent(String.self, forKey: .name)
        interval = try values.decode(Double.self, forKey: .interval)
        switch try values.decode(Reference.self, forKey: .reference) {
        case .queuedAt: reference = .dagRunQueuedAt
        case .logicalDate: reference = .dagRunLogicalDate
        case .fixed: reference = .fixedDatetime(try values.decode(Instant.self, forKey: .at))
        case .averageRuntime:
            reference = .averageRuntime(
                maxRuns: try values.decode(Int.self, forKey: .maxRuns),
                minRuns: try values.decode(Int.self, forKey: .minRuns))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(name, forKey: .name)
        try values.encode(interval, forKey: .interval)
        switch reference {
        case .dagRunQueuedAt: try values.encode(Reference.queuedAt, forKey: .reference)
        case .dagRunLogicalDate: try values.encode(Reference.logicalDate, forKey: .reference)
        case .fixedDatetime(let instant):
            try values.encode(Reference.fixed, forKey: .reference)
            try values.encode(instant, forKey: .at)
        case .averageRuntime(let maxRuns, let minRuns):
            try values.encode(Reference.averageRuntime, forKey: .reference)
            try values.encode(maxRuns, forKey: .maxRuns)
            try values.encode(minRuns ?? maxRuns, forKey: .minRuns)
        }
    }
}

extension DeadlineDocument {
    /// What is wrong with it; nil when nothing is.
    func problem(_ place: Int) -> DAGProblem? {
        let what = "deadline \(place + 1)\(name.map { " (\($0))" } ?? "")"
        guard interval.isFinite, abs(interval) <= Self.longest else {
            return DAGProblem("\(what): interval: must be at most 100 years, is \(interval) s")
        }
        switch reference {
        case .averageRuntime(let maxRuns, _) where !(1...1_000).contains(maxRuns):
            return DAGProblem("\(what): maxRuns: must be from 1 to 1000, is \(maxRuns)")
        case .averageRuntime(let maxRuns, let minRuns?) where !(1...maxRuns).contains(minRuns):
            return DAGProblem("\(what): minRuns: must be from 1 to maxRuns (\(maxRuns)), is \(minRuns)")
        case .dagRunQueuedAt where interval <= 0:
            return DAGProblem("\(what): interval: must be above 0 s, is \(interval) s: every run would miss it")
        default: return nil
        }
    }

    /// In seconds.
    private static let longest: Double = 100 * 366 * 86_400
}
