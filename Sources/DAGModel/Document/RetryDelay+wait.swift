/// What Airflow makes the jitter of a retry from: the same instance and try always wait equally long.
public struct RetrySeed: Sendable, Hashable {
    public var dagID: String
    public var taskID: String
    public var logicalDate: Instant?

    public init(dagID: String, taskID: String, logicalDate: Instant?) {
        self.dagID = dagID
        self.taskID = taskID
        self.logicalDate = logicalDate
    }

    /// `d#t#2024-01-01 00:00:00+00:00#1`, as Python writes it.
    func text(_ tryNumber: Int) -> String { "\(dagID)#\(taskID)#\(logicalDate?.pythonText ?? "None")#\(tryNumber)" }
}

extension RetryDelay {
    /// The wait after a try that failed; the first is try 1.
    ///
    /// With exponential backoff the base is multiplied once for each earlier try, up to as much again is added as jitter, and no wait is longer than
    /// a day or `maximum`.
    ///
    /// Source: Airflow 3.3.2, `models/taskinstance.py`, `next_retry_datetime`.
    ///
    /// - Parameter sha1: The SHA-1 digest of a text, 20 bytes.
    public func wait(after tryNumber: Int, seed: RetrySeed, sha1: (String) -> [UInt8]) -> Duration {
        guard exponentialBackoff, multiplier != 0, multiplier != 1 else { return .seconds(base) }
        var (least, factors) = (base, tryNumber - 1)
        while factors > 0, least < Self.longest { (least, factors) = (least * multiplier, factors - 1) }
        guard least < Self.longest else { return .seconds(min(Self.longest, maximum)) }
        let whole = max(1, Int(least.rounded(.up)))
        let jitter = sha1(seed.text(tryNumber)).reduce(0) { ($0 * 256 + Int($1)) % whole }
        return .seconds(min(Double(whole + jitter), Self.longest, maximum))
    }

    /// The wait after a try that failed, with this module's own SHA-1.
    package func wait(after tryNumber: Int, seed: RetrySeed) -> Duration {
        wait(after: tryNumber, seed: seed, sha1: SHA1.digest)
    }

    /// Airflow's `MAX_RETRY_DELAY`, a day.
    private static let longest = 86_400.0
}

extension Instant {
    /// As Python's `str(datetime)` in UTC: microseconds only where there are some.
    fileprivate var pythonText: String {
        let text = isoformat
        guard let place = text.firstIndex(of: "T") else { return text }
        return text[..<place] + " " + text[text.index(after: place)...]
    }
}
