public import DAGModel
package import WorkerProtocol

/// How a sensor waits from one look to the next, as Airflow's modes.
public enum SensorMode: String, Codable, Sendable {
    /// Its process stays, and holds its slot: for short intervals.
    case poke
    /// It gives process and slot back, and starts anew for each look: for intervals of a minute and more.
    case reschedule
}

/// Declares a task that waits until `look` says true. In the mode `.reschedule` it holds nothing from one look to the next.
///
/// ```swift
/// let ready = sensor("partner_ready", every: .minutes(5), timeout: .hours(8), mode: .reschedule) { context in
///     try await partner.isReady(context.ds)
/// }
/// ```
///
/// - Parameters:
///   - interval: From one look to the next. Defaults to a minute.
///   - timeout: From the first look of a try, over all waits; then the task fails without a retry. Defaults to 7 days.
///   - mode: Defaults to `.poke`, as in Airflow.
///   - softFail: Whether the task is skipped, not failed, when the time is over. Defaults to false.
///   - exponentialBackoff: Whether the interval doubles with each look, with Airflow's jitter. Defaults to false.
///   - maxWait: The longest interval then. Defaults to no limit.
///   - look: A thrown error fails the attempt, which is tried again if it has retries.
///
/// The other parameters are those of ``task``.
@discardableResult
public func sensor<each Input: Codable & Sendable>(
    _ id: String, _ inputs: repeat Output<each Input>, every interval: Duration = .seconds(60),
    timeout: Duration = .hours(168), mode: SensorMode = .poke, softFail: Bool = false, exponentialBackoff: Bool = false,
    maxWait: Duration? = nil, retries: Int? = nil, retryDelay: RetryWait? = nil, executionTimeout: Duration? = nil,
    triggerRule: TriggerRule? = nil, uses: [Use] = [], doc: String? = nil, file: StaticString = #fileID,
    line: Int = #line, look: @escaping @Sendable (TaskContext, repeat each Input) async throws -> Bool
) -> Output<Void> {
    let schedule = SensorSchedule(
        SensorPace(
            interval: interval.inSeconds, timeout: timeout.inSeconds, exponentialBackoff: exponentialBackoff,
            maximumWait: maxWait?.inSeconds), mode: mode, softFail: softFail)
    return task(
        id, repeat each inputs, retries: retries, retryDelay: retryDelay, executionTimeout: executionTimeout,
        triggerRule: triggerRule, uses: uses, doc: doc, file: file, line: line
    ) { (context: TaskContext, values: repeat each Input) async throws -> Void in
        var looks = SensorLooks(schedule, context.spec)
        while try await !look(context, repeat each values) {
            try await TaskClock.current.sleep(try looks.pause("what the sensor waits for"))
        }
    }
}

/// When a sensor looks and how it gives up.
package struct SensorSchedule: Sendable {
    let pace: SensorPace
    let mode: SensorMode
    let softFail: Bool

    package init(_ pace: SensorPace, mode: SensorMode, softFail: Bool) {
        self.pace = pace
        self.mode = mode
        self.softFail = softFail
    }
}

/// The looks of one try of a sensor.
package struct SensorLooks {
    private let schedule: SensorSchedule
    private let began: Instant
    private let seed: String
    private var looks: Int

    package init(_ schedule: SensorSchedule, _ spec: AttemptSpec) {
        self.schedule = schedule
        let now = Instant.current
        looks = spec.resumption?.number ?? 0
        began = spec.resumption == nil ? now : spec.firstStartedAt.map(Instant.init(microseconds:)) ?? now
        seed = "\(spec.dagID)#\(spec.taskID)#\(began.microseconds)"
    }

    /// How long to wait for the next look after one that found nothing.
    ///
    /// - Throws: ``Suspend`` when it waits without a process; ``SkipTask`` or ``FailTask`` when the time is over.
    package mutating func pause(_ what: String) throws -> Duration {
        looks += 1
        let now = Instant.current
        let elapsed = Double((now - began).wholeMicroseconds) / 1e6
        guard let seconds = schedule.pace.pause(afterLook: looks, elapsed: elapsed, seed: seed) else {
            let reason = "\(what) did not appear within \(schedule.pace.timeout) seconds"
            throw schedule.softFail ? SkipTask(reason) : FailTask(reason)
        }
        let pause = Duration.seconds(max(seconds, 0.01))
        guard schedule.mode == .reschedule else { return pause }
        throw Suspend(Suspension(.poke, until: now + pause))
    }
}
