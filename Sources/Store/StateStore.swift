package import Postgres

/// All state of an installation, in PostgreSQL. Each extension holds the statements of one table; nothing else in Slipstream has SQL.
///
/// Statements run one by one on the connections of a pool, except the scheduler's tick, which has a connection of its own; see
/// ``TickCommitter``.
package struct StateStore: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }
}
