/// When runs are created.
public indirect enum Schedule: Sendable, Hashable, Codable {
    /// Only when a person or a program asks.
    case manual
    /// At each tick of a cron expression (or preset such as `@daily`) in an IANA time zone.
    case cron(String, timezone: String)
    /// Every so many seconds, counted from `start`.
    case every(seconds: Int64)
    /// One run, at `start`.
    case once
    /// A new run as soon as the one before is over; there is one active run at a time.
    case continuous
    /// At each tick of any of several cron expressions in one zone.
    case crons([String], timezone: String)
    /// At the end of each interval between two ticks of a cron expression; the run works on that interval.
    case cronIntervals(String, timezone: String)
    /// At the end of each interval of so many seconds, counted from `start`.
    case intervals(seconds: Int64)
    /// A schedule of ticks (`cron`, `crons`, `every`) with other data intervals or another first run.
    case timed(Schedule, ScheduleTiming)
    /// As soon as the condition's assets have been updated since the run that they caused last.
    case assets(when: AssetCondition)
    /// As a schedule of times says, and also when assets have been updated.
    case assetsOrTime(AssetCondition, Schedule)
}

/// How the ticks of a schedule become runs.
public struct ScheduleTiming: Sendable, Hashable, Codable {
    /// The length of each run's data interval, in seconds; it ends at the tick. Defaults to 0.
    public var interval: Int64
    /// What becomes of the tick that had passed when a DAG without `start` is first seen. Defaults to nothing.
    public var runImmediately: RunImmediately

    public init(interval: Int64 = 0, runImmediately: RunImmediately = .never) {
        self.interval = interval
        self.runImmediately = runImmediately
    }
}

/// Whether a DAG without a start and without runs begins with the tick that has just passed.
public enum RunImmediately: Sendable, Hashable, Codable {
    /// It waits for the next tick.
    case never
    /// It runs for the last one.
    case always
    /// It runs for the last one if that is at most so many seconds ago.
    case within(seconds: Int64)
    /// It runs for the last one if that is at most a tenth of the way to the next ago, or five minutes.
    case automatic
}

extension Schedule {
    /// One run follows the other.
    public var isContinuous: Bool {
        switch self {
        case .continuous, .cron("@continuous", timezone: _): true
        case .assetsOrTime(_, let schedule): schedule.isContinuous
        default: false
        }
    }

    /// The assets that it waits for; nil when it waits for times only.
    public var assetCondition: AssetCondition? {
        switch self {
        case .assets(let condition), .assetsOrTime(let condition, _): condition
        case .timed(let schedule, _): schedule.assetCondition
        default: nil
        }
    }

    /// It adds assets to a schedule that has no times.
    var hasNoTimes: Bool {
        switch self {
        case .assetsOrTime(_, let schedule): schedule == .manual || schedule.assetCondition != nil
        case .timed(let schedule, _): schedule.hasNoTimes
        default: false
        }
    }

    /// What becomes of the tick that had passed when a DAG without a start is first seen.
    public var firstRun: RunImmediately {
        switch self {
        case .timed(_, let timing): timing.runImmediately
        case .assetsOrTime(_, let schedule): schedule.firstRun
        default: .never
        }
    }

    /// The time zones that it names.
    public var zones: [String] {
        switch self {
        case .cron(_, let zone), .crons(_, let zone), .cronIntervals(_, let zone): [zone]
        case .timed(let schedule, _), .assetsOrTime(_, let schedule): schedule.zones
        default: []
        }
    }
}
