internal import WorkerProtocol

/// How much an attempt may say, so that no task fills the memory of the supervisor, the leader or the database. Pure.
enum AttemptBounds {
    /// The longest report of progress, in bytes; a longer one is dropped, and the attempt's log says so.
    static let report = 64 << 10
    /// The longest sentence about a failure or a skip, in bytes; a longer one is cut.
    static let sentence = 16 << 10
    /// Questions of an operator that wait for their answers at once.
    static let questions = 256

    /// Assets that an attempt may say something of, and bytes for each.
    static let outletEvents = 32
    static let outletExtra = 16 << 10

    /// The outcome with sentences that are short enough to keep.
    static func bounded(_ outcome: AttemptOutcome) -> AttemptOutcome {
        switch outcome {
        case .success, .kept, .suspended: return outcome
        case .skipped(let reason): return .skipped(reason: cut(reason))
        case .failed(var failure):
            failure.message = cut(failure.message)
            failure.errorType = failure.errorType.map { String($0.prefix(200)) }
            return .failed(failure)
        }
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > sentence else { return text }
        // A character that is cut in two becomes a replacement character.
        return String(decoding: text.utf8.prefix(sentence), as: UTF8.self) + "… (\(text.utf8.count) bytes)"
    }
}
