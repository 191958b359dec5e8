/// How often a sensor looks, and for how long.
public struct SensorPace: Sendable, Hashable {
    /// Seconds from one look to the next.
    public var interval: Double
    /// Seconds from the first look of a try until the sensor gives up.
    public var timeout: Double
    /// The interval doubles with each look, with Airflow's jitter.
    public var exponentialBackoff: Bool
    /// The longest interval in seconds; nil for no limit.
    public var maximumWait: Double?

    public init(interval: Double, timeout: Double, exponentialBackoff: Bool = false, maximumWait: Double? = nil) {
        self.interval = interval
        self.timeout = timeout
        self.exponentialBackoff = exponentialBackoff
        self.maximumWait = maximumWait
    }

    /// Seconds from a look that found nothing to the next; nil when the time is over.
    ///
    /// Source: Airflow 3.3.2, `sdk/bases/sensor.py`, `execute` and `_get_next_poke_interval`. What Airflow estimates in reschedule mode, how often the
    /// sensor has looked, is known here.
    ///
    /// - Parameters:
    ///   - look: 1 for the first look of a try.
    ///   - elapsed: Seconds since the first look of the try.
    ///   - seed: What the jitter is made from, as `dag#task#start`.
    public func pause(afterLook look: Int, elapsed: Double, seed: String) -> Double? {
        guard elapsed <= timeout else { return nil }
        guard exponentialBackoff else { return interval }
        let doublings = min(max(look, 1) - 2, 62)
        let factor = doublings < 0 ? 0.5 : Double(UInt64(1) << UInt64(doublings))
        let least = max(Int(min(interval * factor, Self.longest)), 1)
        let jitter = SHA1.digest("\(seed)#\(look)").reduce(0) { ($0 * 256 + Int($1)) % least }
        return min(Double(least + jitter), maximumWait ?? Self.longest)
    }

    /// No wait is longer than a thousand years.
    private static let longest = 31_536_000_000.0
}
