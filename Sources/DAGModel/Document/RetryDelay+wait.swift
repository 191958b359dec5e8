extension RetryDelay {
    /// The wait before a try; the first retry is try 2. With exponential backoff it doubles at each further try, up to `maximum`.
    public func wait(before tryNumber: Int) -> Duration {
        guard exponentialBackoff else { return .seconds(base) }
        let doublings = Double(max(0, min(tryNumber - 2, 62)))
        var factor = 1.0
        for _ in 0..<Int(doublings) { factor *= 2 }
        return .seconds(min(base * factor, maximum))
    }
}
