/// A point in time, in whole microseconds since 1970-01-01T00:00:00Z (PostgreSQL's resolution).
public struct Instant: Sendable, Hashable, Comparable, Codable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public init(seconds: Int64) { self.init(microseconds: seconds * 1_000_000) }

    /// An instant from its parts in UTC.
    public init(_ day: Day, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        let time = Int64(hour * 3_600 + minute * 60 + second)
        self.init(seconds: Int64(day.daysSince1970) * 86_400 + time)
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let instant = Instant(iso8601: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an ISO 8601 time: \(text)"))
        }
        self = instant
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(iso8601)
    }

    public static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }

    public static func + (instant: Instant, duration: Duration) -> Instant {
        Instant(microseconds: instant.microseconds + duration.wholeMicroseconds)
    }

    public static func - (instant: Instant, duration: Duration) -> Instant {
        Instant(microseconds: instant.microseconds - duration.wholeMicroseconds)
    }

    public static func - (left: Instant, right: Instant) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

extension Duration {
    /// The duration in whole microseconds, rounded towards zero.
    public var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// The duration in seconds.
    public var inSeconds: Double { Double(wholeMicroseconds) / 1e6 }
}
