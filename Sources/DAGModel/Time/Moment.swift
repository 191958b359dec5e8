/// Now, on both clocks: the calendar's, which a person or NTP may set, and the monotonic one, which only leases and waits may use.
public struct Moment: Sendable, Hashable {
    public var wall: Instant
    /// Microseconds on the monotonic clock, from an arbitrary start.
    public var monotonic: Int64

    public init(wall: Instant, monotonic: Int64) {
        self.wall = wall
        self.monotonic = monotonic
    }

    public static func + (moment: Moment, duration: Duration) -> Moment {
        Moment(wall: moment.wall + duration, monotonic: moment.monotonic + duration.wholeMicroseconds)
    }
}
