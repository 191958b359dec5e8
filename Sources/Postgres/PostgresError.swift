/// What can go wrong with the database. No case holds a bound value, except where the server itself quotes one in its
/// message or detail; `description` leaves the detail out.
package enum PostgresError: Error, Hashable {
    /// The server refused a statement.
    case server(ServerError)
    /// The connection is gone.
    case connectionLost(reason: String, outcome: Outcome)
    /// A connection could not be made: the server is away, or refuses us.
    case cannotConnect(reason: String)
    /// No connection of the pool became free, or could be made, in time.
    case poolTimeout(String)
    /// COMMIT was asked for, but a statement before had failed: nothing was committed.
    case transactionRolledBack
    /// A statement was sent to a transaction that has ended.
    case transactionIsOver
    /// A column has another type than the one asked for.
    case decoding(column: String, expected: String, found: String)
    /// The result has other rows or columns than the ones asked for.
    case unexpectedRows(String)
    /// The connection's settings are wrong.
    case configuration(String)

    /// What is known of a statement when its connection was lost.
    package enum Outcome: Sendable, Hashable {
        /// It never reached the server; it can be tried again.
        case notSent
        /// It was sent: it may have been committed or not. Find out before trying again.
        case unknown
    }

    /// The server's own account of an error.
    package struct ServerError: Sendable, Hashable {
        /// The five characters that say what kind of error it is, as `23505`.
        package var sqlState: String
        package var message: String
        /// May quote values of the statement, as "Key (name)=(x) already exists."
        package var detail: String?
        package var hint: String?
        package var constraint: String?
        /// The statement's text, shortened, with `$1` for its values.
        package var sql: String
        /// Whether the server said that a prepared plan no longer fits its table.
        var isStalePlan: Bool
    }
}

extension PostgresError {
    package var sqlState: String? {
        if case .server(let error) = self { error.sqlState } else { nil }
    }

    /// A row with this key exists already.
    package var isUniqueViolation: Bool { sqlState == "23505" }

    /// The transaction lost against another and can be tried again as a whole.
    package var isSerializationOrDeadlock: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// A lock was not granted in time, or at once with NOWAIT.
    package var isLockTimeout: Bool { sqlState == "55P03" }

    /// A statement of an explicit transaction met a table that changed since it was prepared; the next try will
    /// succeed.
    package var isStalePlan: Bool {
        if case .server(let error) = self { error.isStalePlan } else { false }
    }

    package var isConnectionLost: Bool {
        if case .connectionLost = self { true } else { false }
    }

    /// The database is not there at the moment: lost, unreachable, starting up, or refusing us.
    package var isUnavailable: Bool {
        switch self {
        case .connectionLost, .poolTimeout, .cannotConnect: true
        default: false
        }
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .server(let error): error.description
        case .connectionLost(let reason, .notSent):
            "the connection to PostgreSQL is gone, the statement was not sent: \(reason)"
        case .connectionLost(let reason, .unknown):
            "the connection to PostgreSQL was lost; whether the statement took effect is unknown: \(reason)"
        case .cannotConnect(let reason): "could not connect to PostgreSQL: \(reason)"
        case .poolTimeout(let sentence): sentence
        case .transactionRolledBack: "the transaction was rolled back, because a statement in it had failed"
        case .transactionIsOver: "a statement came after the end of its transaction"
        case .decoding(let column, let expected, let found):
            "the column \(column) was asked for as \(expected), but is \(found)"
        case .unexpectedRows(let sentence): "PostgreSQL's answer is not the expected one: \(sentence)"
        case .configuration(let sentence): sentence
        }
    }
}

extension PostgresError.ServerError: CustomStringConvertible {
    package var description: String {
        let hint = hint.map { " Hint: \($0)" } ?? ""
        return "PostgreSQL refused a statement: \(message) (\(sqlState)).\(hint) Statement: \(sql)"
    }
}
