internal import DAGModel
internal import Postgres

/// How many slots of a pool the instances of unfinished runs take or wait for.
package struct PoolUse: Sendable, Hashable {
    package var running = 0
    package var queued = 0
    /// Of instances that wait for a slot.
    package var scheduled = 0
    package var deferred = 0

    package init() {}

    /// What counts against the pool's slots.
    package func occupied(includingDeferred: Bool) -> Int { running + queued + (includingDeferred ? deferred : 0) }
}

extension StateStore {
    /// The use of every pool that an unfinished run's tasks name, whether it exists or not. Which pool an instance belongs to says the
    /// version that its run is pinned to.
    package func poolUse() async throws -> [String: PoolUse] {
        let rows = try await pool.query(
            """
            SELECT r.version_id, t.task_id, t.state, count(*) AS instances
            FROM task_instance t JOIN dag_run r ON r.id = t.run
            WHERE r.state IN ('queued', 'running') AND t.state IN ('running', 'queued', 'restarting', 'scheduled', 'deferred')
            GROUP BY r.version_id, t.task_id, t.state
            """)
        var limits: [Int64: [String: TaskLimits]] = [:]
        var use: [String: PoolUse] = [:]
        for row in rows {
            let versionID = try row["version_id", as: Int64.self]
            if limits[versionID] == nil {
                let tasks = try await version(versionID)?.document.tasks ?? []
                // What only waits for a time takes nothing.
                limits[versionID] = Dictionary(
                    tasks.filter { TimeWait($0.kind) == nil }.map { ($0.id, $0.limits) },
                    uniquingKeysWith: { first, _ in first })
            }
            guard let limit = limits[versionID]?[try row.text("task_id")] else { continue }
            let slots = Int(try row["instances", as: Int64.self]) * limit.poolSlots
            switch try row.text("state") {
            case "running", "restarting": use[limit.pool, default: PoolUse()].running += slots
            case "queued": use[limit.pool, default: PoolUse()].queued += slots
            case "scheduled": use[limit.pool, default: PoolUse()].scheduled += slots
            default: use[limit.pool, default: PoolUse()].deferred += slots
            }
        }
        return use
    }
}
