/// An open transaction of a connection; see `PostgresConnection.transaction`.
package struct PostgresTransaction: Sendable {
    let connection: PostgresConnection
    let id: UInt64

    /// Runs one statement.
    @discardableResult
    package func query(_ sql: SQL) async throws -> PostgresRows {
        guard let rows = try await pipeline([sql]).first else {
            throw PostgresError.unexpectedRows("a statement had no result")
        }
        return rows
    }

    /// Runs one statement and tells how many rows it touched.
    @discardableResult
    package func execute(_ sql: SQL) async throws -> Int { try await query(sql).affected }

    /// Runs all statements in one round trip; after a failing one none is run.
    @discardableResult
    package func pipeline(_ statements: [SQL]) async throws -> [PostgresRows] {
        statements.isEmpty ? [] : try await connection.submit(.pipeline(statements), transaction: id)
    }
}

/// What a transaction sees of others.
package enum PostgresIsolation: Sendable {
    /// Each statement sees what was committed before it. The usual one.
    case readCommitted
    /// All statements see one moment. A conflict ends in `isSerializationOrDeadlock`.
    case repeatableRead
    /// As repeatable read, and nothing is changed.
    case readOnlySnapshot

    fileprivate var begin: SQL {
        switch self {
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
        case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case .readOnlySnapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        }
    }
}

extension PostgresConnection {
    /// Runs the body in a transaction: COMMIT when it returns, ROLLBACK when it throws. Other users of the connection
    /// wait meanwhile.
    ///
    /// ```swift
    /// try await connection.transaction { transaction in
    ///     let row = try await transaction.query("SELECT … FOR UPDATE").one()
    ///     try await transaction.execute("UPDATE …")
    /// }
    /// ```
    /// Throws `.connectionLost` with the outcome `.unknown` when the connection breaks during COMMIT.
    ///
    /// - Warning: A statement of the connection itself within the body waits for the end of the transaction, for ever.
    nonisolated package func transaction<Result>(
        _ isolation: PostgresIsolation = .readCommitted,
        _ body: (PostgresTransaction) async throws -> Result
    ) async throws -> Result {
        let id = try await begin(isolation.begin)
        let result: Result
        do {
            result = try await body(PostgresTransaction(connection: self, id: id))
        } catch {
            // A connection that is lost has rolled back by itself.
            _ = try? await finish(id, "ROLLBACK")
            throw error
        }
        // A transaction in which a statement failed answers COMMIT with ROLLBACK.
        guard try await finish(id, "COMMIT")?.commandTag != "ROLLBACK" else {
            throw PostgresError.transactionRolledBack
        }
        return result
    }
}

extension PostgresConnection {
    /// Waits for its turn, begins a transaction and returns its number: until its end only its own requests are sent.
    func begin(_ sql: SQL) async throws -> UInt64 {
        lastID += 1
        let transaction = lastID
        do { _ = try await submit(.pipeline([sql]), transaction: transaction, isBegin: true) } catch {
            release(transaction)
            throw error
        }
        return transaction
    }

    /// Ends a transaction with COMMIT or ROLLBACK, which cancellation does not interrupt.
    func finish(_ transaction: UInt64, _ sql: SQL) async throws -> PostgresRows? {
        defer { release(transaction) }
        return try await submit(.pipeline([sql]), transaction: transaction, isCancellable: false).first
    }

    private func release(_ transaction: UInt64) {
        guard owner == transaction else { return }
        owner = nil
        sendNext()
    }
}
