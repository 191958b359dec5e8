package import Postgres

/// All state of an installation, in PostgreSQL. Each extension holds the statements of one table; nothing else in Slipstream has SQL.
///
/// Statements run one by one on the connections of a pool, except the scheduler's tick, which has a connection of its own; see
/// ``TickCommitter``.
package struct StateStore: Sendable {
    package let pool: PostgresPool
    /// Where large outputs are kept that are not in the database; nil where nobody reads or writes them.
    package let outputs: (any OutputObjects)?

    package init(pool: PostgresPool, outputs: (any OutputObjects)? = nil) {
        self.pool = pool
        self.outputs = outputs
    }
}
