package import DAGModel

/// What the store cannot do, apart from the errors of PostgreSQL itself.
package enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Another scheduler leads: nothing was written.
    case fenced
    /// A task instance is not in the state in which the scheduler knows it although nobody else changed its run: nothing was written.
    case rowMismatch(run: Int64, String)
    /// A run with this id, or for this logical date, exists already.
    case runExists(dagID: String, runID: String)
    /// Another backfill of the DAG is not finished and has dates in the same range.
    case backfillOverlaps(id: Int64, from: Instant, to: Instant)
    /// There is no run with this number any more.
    case runGone(Int64)
    /// A stored document or value is not readable by this release.
    case unknownValue(column: String, value: String)
    /// The database's schema is of another release: one sentence that says what to do.
    case wrongSchema(String)

    /// A large output is not what was stored: one sentence.
    case outputDamaged(String)
    /// A large output cannot be read or written now: one sentence.
    case outputUnreachable(String)
    /// An output is larger than the reader can take: one sentence.
    case outputTooLarge(String)

    package var description: String {
        switch self {
        case .fenced: "another scheduler leads"
        case .rowMismatch(let run, let sentence): "run \(run): \(sentence)"
        case .runExists(let dagID, let runID):
            "run \(runID) of DAG \(dagID), or one for the same logical date, already exists"
        case .backfillOverlaps(let id, let from, let to):
            "backfill \(id), from \(from.iso8601) to \(to.iso8601), has dates in the same range and is not finished: "
                + "wait for it, cancel it, or choose a range that it does not have"
        case .runGone(let id): "run \(id) does not exist any more"
        case .unknownValue(let column, let value):
            "the database has the value \"\(value)\" in \(column), which this release does not know: was it used by a newer one?"
        case .wrongSchema(let sentence), .outputDamaged(let sentence), .outputUnreachable(let sentence),
            .outputTooLarge(let sentence):
            sentence
        }
    }
}
