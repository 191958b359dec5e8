public import DAGModel

/// Waits for a time, as Airflow's time sensors do. No process ever runs for it, and it holds no slot.
///
/// ```swift
/// let open = task("market_open", TimeSensor(.timeOfDay(hours: 9, minutes: 30)))
/// ```
public struct TimeSensor: BuiltInOperator {
    public typealias Value = Void
    public static let operatorType = TimeWait.operatorType

    private var at: Int64?
    private var afterInterval: Double?
    private var delay: Double?
    private var timeOfDay: Double?

    /// The time that is waited for; one that is past is over at once.
    public enum Time: Sendable {
        case at(Instant)
        /// After the end of the run's data interval, as `TimeDeltaSensor`; of a run without one, after its logical date or its start.
        case afterInterval(Duration)
        /// From when the task may run, as `WaitSensor`.
        case delay(Duration)
        /// UTC, on the day on which the task may run, as `TimeSensor`.
        case timeOfDay(hours: Int, minutes: Int = 0, seconds: Int = 0)
    }

    public init(_ time: Time) {
        switch time {
        case .at(let time): at = time.microseconds
        case .afterInterval(let time): afterInterval = time.inSeconds
        case .delay(let time): delay = time.inSeconds
        case .timeOfDay(let hours, let minutes, let seconds):
            timeOfDay = Double(hours * 3_600 + minutes * 60 + seconds)
        }
    }
}
