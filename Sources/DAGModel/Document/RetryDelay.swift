/// How long to wait before the next attempt, in seconds.
public struct RetryDelay: Sendable, Hashable, Codable {
    /// Defaults to 300 s, as Airflow's `default_task_retry_delay`.
    public var base: Double
    /// Multiplies the delay at each further attempt, with jitter. Defaults to false.
    public var exponentialBackoff: Bool
    /// The longest delay, in seconds. Defaults to a day.
    public var maximum: Double
    /// What `exponentialBackoff` multiplies by. Defaults to 2.
    public var multiplier: Double

    public init(base: Double = 300, exponentialBackoff: Bool = false, maximum: Double = 86_400, multiplier: Double = 2)
    {
        self.base = base
        self.exponentialBackoff = exponentialBackoff
        self.maximum = maximum
        self.multiplier = multiplier
    }

    private enum CodingKeys: String, CodingKey { case base, exponentialBackoff, maximum, multiplier }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        base = try values.decode(Double.self, forKey: .base)
        exponentialBackoff = try values.decode(Bool.self, forKey: .exponentialBackoff)
        maximum = try values.decode(Double.self, forKey: .maximum)
        multiplier = try values.decodeIfPresent(Double.self, forKey: .multiplier) ?? 2
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(base, forKey: .base)
        try values.encode(exponentialBackoff, forKey: .exponentialBackoff)
        try values.encode(maximum, forKey: .maximum)
        try values.encode(multiplier, forKey: .multiplier, unless: 2)
    }
}
