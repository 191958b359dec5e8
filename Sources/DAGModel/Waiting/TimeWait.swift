/// The time that a task waits for without ever having a process.
public enum TimeWait: Sendable, Hashable {
    case at(Instant)
    /// Seconds after the end of the run's data interval, or after its start when it has none.
    case afterInterval(Double)
    /// Seconds from when the task may run.
    case delay(Double)
    /// Seconds after midnight UTC, on the day on which the task may run.
    case timeOfDay(Double)

    /// The type of the operator in documents.
    public static let operatorType = "time_sensor"

    /// What the fields of a time sensor say; nil for every other task.
    public init?(_ kind: TaskKind) {
        guard case .builtIn(Self.operatorType, let fields) = kind else { return nil }
        if case .int(let microseconds)? = fields["at"] {
            self = .at(Instant(microseconds: min(max(microseconds, 0), 253_402_300_799_000_000)))
        } else if let seconds = fields["afterInterval"]?.number {
            self = .afterInterval(seconds)
        } else if let seconds = fields["delay"]?.number {
            self = .delay(seconds)
        } else if let seconds = fields["timeOfDay"]?.number {
            self = .timeOfDay(seconds)
        } else {
            return nil
        }
    }

    /// When the wait is over.
    ///
    /// - Parameters:
    ///   - intervalEnd: The end of the run's data interval, or what stands for it.
    ///   - now: When the task may run.
    public func end(intervalEnd: Instant, now: Instant) -> Instant {
        switch self {
        case .at(let time): time
        case .afterInterval(let seconds): intervalEnd + .seconds(seconds)
        case .delay(let seconds): now + .seconds(seconds)
        case .timeOfDay(let seconds): now.startOfDay + .seconds(seconds)
        }
    }
}

extension Instant {
    fileprivate var startOfDay: Instant {
        let day: Int64 = 86_400_000_000
        let rest = microseconds % day
        return Instant(microseconds: microseconds - (rest < 0 ? rest + day : rest))
    }
}

extension JSONValue {
    /// Seconds, within some thousand years.
    fileprivate var number: Double? {
        let longest = 100_000_000_000.0
        return switch self {
        case .int(let value): min(max(Double(value), -longest), longest)
        case .double(let value): min(max(value, -longest), longest)
        default: nil
        }
    }
}
