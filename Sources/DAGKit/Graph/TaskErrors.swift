/// Thrown by a body that has nothing to do in this run: the attempt ends as `skipped`, as Airflow's `AirflowSkipException`.
public struct SkipTask: Error, Sendable, CustomStringConvertible {
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { reason }
}

/// Thrown by a body that cannot succeed however often it is tried: the task fails without a retry, as Airflow's
/// `AirflowFailException`.
public struct FailTask: Error, Sendable, CustomStringConvertible {
    public let reason: String

    public init(_ reason: String) { self.reason = reason }

    public var description: String { reason }
}
