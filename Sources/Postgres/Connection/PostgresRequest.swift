/// A round trip that somebody waits for.
final class PostgresRequest {
    enum Work {
        /// Statements that are sent together and followed by one Sync.
        case pipeline([SQL])
        /// Statements without values in one text.
        case script(String)
        /// Tells the server to forget all prepared statements.
        case discardStatements
    }

    /// What the next result of the server belongs to.
    enum Step {
        case prepare(PreparedStatements.Key, name: String, sql: String)
        case statement(sql: String)
    }

    typealias Continuation = CheckedContinuation<[PostgresRows], any Error>

    let id: UInt64
    let work: Work
    /// The explicit transaction that the request belongs to.
    let transaction: UInt64?
    /// Whether it begins that transaction.
    let isBegin: Bool
    private var continuation: Continuation?

    var steps: [Step] = []
    var nextStep = 0
    var results: [PostgresRows] = []
    var error: PostgresError?
    var isCancelled = false
    /// Whether it was sent again after a plan turned out to be stale.
    var isSecondTry = false

    init(
        id: UInt64, _ work: Work, transaction: UInt64? = nil, isBegin: Bool = false, _ continuation: Continuation?
    ) {
        self.isBegin = isBegin
        self.id = id
        self.work = work
        self.transaction = transaction
        self.continuation = continuation
    }

    var currentStep: Step? { nextStep < steps.count ? steps[nextStep] : nil }

    var currentSQL: String {
        if case .script(let text) = work { return text }
        return switch currentStep ?? steps.last {
        case .prepare(_, _, let sql), .statement(let sql): sql
        case nil: ""
        }
    }

    /// Makes it ready to be sent again.
    func reset() {
        steps = []
        nextStep = 0
        results = []
        error = nil
        isSecondTry = true
    }

    func finish(_ result: Result<[PostgresRows], any Error>) { continuation.take()?.resume(with: result) }
}
