internal import DAGModel
package import Postgres

/// Commits ticks on the scheduler's own connection, each as one pipeline: one round trip, one transaction.
package struct TickCommitter: Sendable {
    private let pool: PostgresPool
    private let epoch: Int64

    /// - Parameter pool: One connection that nothing else uses; made again when it broke.
    package init(pool: PostgresPool, epoch: Int64) {
        self.pool = pool
        self.epoch = epoch
    }

    /// The same database for a committer's connection, with one plan for all ticks.
    ///
    /// PostgreSQL would plan a tick's statements anew each time, which takes longer than they do. A plan that is made once, perhaps while
    /// the tables are empty, has to be one that stays good: index lookups row by row.
    package static func configuration(_ database: PostgresConfiguration) -> PostgresConfiguration {
        var database = database
        database.serverSettings = [
            "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_hashjoin": "off",
            "enable_mergejoin": "off",
        ]
        return database
    }

    /// Writes a tick.
    ///
    /// - Returns: The runs whose rows were written. A run that is missing was changed by somebody else since it was read: it has to be
    ///   read again.
    /// - Throws: ``StoreError/fenced`` when another scheduler leads; ``StoreError/rowMismatch(run:_:)`` when the scheduler's memory of a
    ///   run is wrong, and nothing was written; ``PostgresError`` when the outcome is unknown, after which the same tick may be committed
    ///   again.
    package func commit(_ writes: TickWrites) async throws -> Set<Int64> {
        do {
            let results = try await pool.pipeline(statements(writes))
            return Set(try results[0].map { try $0["id", as: Int64.self] })
        } catch let error as PostgresError where error.sqlState == "SL001" {
            throw StoreError.fenced
        } catch PostgresError.server(let error) where error.sqlState == "SL002" {
            guard let run = error.detail.flatMap({ Int64($0) }) else { throw PostgresError.server(error) }
            throw StoreError.rowMismatch(run: run, error.message)
        }
    }

    private func statements(_ writes: TickWrites) -> [SQL] {
        var statements: [SQL] = [lockRuns(writes)]
        if !writes.expandedTasks.isEmpty { statements.append(writes.deletePlaceholders) }
        if !writes.newInstances.isEmpty { statements.append(writes.insertInstances) }
        if !writes.instances.isEmpty { statements.append(writes.updateInstances) }
        if !writes.begunAgain.isEmpty { statements.append(writes.deleteOutputs) }
        if !writes.attempts.isEmpty { statements.append(writes.insertAttempts) }
        if !writes.outputs.isEmpty { statements.append(writes.insertOutputs) }
        if !writes.runStates.isEmpty { statements.append(writes.updateRuns) }
        if !writes.callbacks.isEmpty {
            statements.append(writes.insertCallbacks(revisions: writes.revisions(of: writes.callbacks.map(\.run))))
        }
        if !writes.failures.isEmpty { statements.append(writes.pauseDAGs) }
        if !writes.assetEvents.isEmpty { statements.append(writes.insertAssetEvents) }
        return statements
    }

    /// Makes sure that this scheduler leads until the commit, and locks the runs that are as it knows them. The statements after it join on
    /// the same revisions: what they see is locked.
    private static let revisions = SQLRows<(id: Int64, revision: Int64)>([
        .init("id") { $0.id }, .init("revision") { $0.revision },
    ])

    private func lockRuns(_ writes: TickWrites) -> SQL {
        """
        SELECT r.id FROM assert_leader(\(epoch)), dag_run r JOIN \(Self.revisions.table(writes.runs, as: "u"))
        ON r.id = u.id AND r.revision = u.revision ORDER BY r.id FOR NO KEY UPDATE OF r
        """
    }
}

extension TickWrites {
    /// For each row of a group: the revision of its run.
    func revisions(of rows: [Int64]) -> [Int64] {
        guard runs.count > 1 else { return rows.map { _ in runs.first?.revision ?? -1 } }
        let known = Dictionary(runs.map { ($0.id, $0.revision) }) { first, _ in first }
        return rows.map { known[$0] ?? -1 }
    }

    /// Keeps the planner from looking instances up by their run alone, through `r.id`: with the statistics of a nearly empty table it takes
    /// that for as good as the whole key, and a plan that is kept then reads all instances of the run for each row of the tick.
    private static let fence: SQL = "OFFSET 0"

    fileprivate var deletePlaceholders: SQL {
        """
        DELETE FROM task_instance t
        USING (
            SELECT n.* FROM unnest(
                \(revisions(of: expandedTasks.map(\.run)))::bigint[], \(expandedTasks.map(\.run))::bigint[],
                \(expandedTasks.map(\.taskID))::text[]
            ) AS n (revision, run, task_id)
            JOIN dag_run r ON r.id = n.run AND r.revision = n.revision
            \(Self.fence)
        ) AS u
        WHERE t.run = u.run AND t.task_id = u.task_id AND t.map_index = -1
        """
    }

    /// The rows as a table `u`, with the run of each, as the scheduler knows it, as `r`: what was changed by somebody else is left out.
    private func known<Row: OfRun>(_ columns: SQLRows<Row>, _ rows: [Row]) -> SQL {
        let revisions = Dictionary(runs.map { ($0.id, $0.revision) }) { first, _ in first }
        let revision = SQLRows<Row>([.init("revision") { revisions[$0.run] ?? -1 }])
        return "\((revision + columns).table(rows, as: "u")) JOIN dag_run r ON r.id = u.run AND r.revision = u.revision"
    }

    fileprivate var insertInstances: SQL {
        let columns = InstanceWrite.key + InstanceWrite.state + InstanceWrite.rest
        return """
            INSERT INTO task_instance (\(raw: columns.names)) SELECT \(raw: columns.names(of: "u")) FROM \(known(columns, newInstances))
            ON CONFLICT (run, task_id, map_index) DO NOTHING
            """
    }

    fileprivate var updateInstances: SQL {
        let columns = InstanceWrite.key + InstanceWrite.oldState + InstanceWrite.state + InstanceWrite.rest
        return """
            UPDATE task_instance t SET state = CASE WHEN t.state IN (u.old_state, u.state) THEN u.state
                    ELSE row_mismatch(t.run, t.task_id, t.map_index, t.state, u.old_state, u.state) END,
                \(raw: InstanceWrite.rest.assignments(from: "u"))
            FROM (SELECT u.* FROM \(known(columns, instances)) \(Self.fence)) AS u
            WHERE t.run = u.run AND t.task_id = u.task_id AND t.map_index = u.map_index
            """
    }

    /// Instances that begin again: an earlier try may have left an output, if they were cleared after it.
    fileprivate var begunAgain: [InstanceWrite] {
        (newInstances + instances).filter { $0.state == .queued && $0.tryNumber > 1 }
    }

    fileprivate var deleteOutputs: SQL {
        let rows = begunAgain
        return """
            DELETE FROM xcom x
            USING (
                SELECT n.* FROM unnest(
                    \(revisions(of: rows.map(\.run)))::bigint[], \(rows.map(\.run))::bigint[], \(rows.map(\.taskID))::text[],
                    \(rows.map { Int32($0.mapIndex) })::int[]
                ) AS n (revision, run, task_id, map_index)
                JOIN dag_run r ON r.id = n.run AND r.revision = n.revision
                \(Self.fence)
            ) AS u
            WHERE x.run = u.run AND x.task_id = u.task_id AND x.map_index = u.map_index
            """
    }

    fileprivate var insertAttempts: SQL {
        let columns = AttemptRecord.columns
        return """
            INSERT INTO attempt (\(raw: columns.names)) SELECT \(raw: columns.names(of: "u")) FROM \(known(columns, attempts))
            ON CONFLICT (id, ended_at) DO NOTHING
            """
    }

    fileprivate var insertOutputs: SQL {
        let columns = OutputWrite.columns
        return """
            INSERT INTO xcom (\(raw: columns.names), key) SELECT \(raw: columns.names(of: "u")), 'return_value' FROM \(known(columns, outputs))
            ON CONFLICT (run, task_id, map_index, key) DO UPDATE SET attempt = excluded.attempt, value = excluded.value,
                schema = excluded.schema
            """
    }

    fileprivate var updateRuns: SQL {
        let rows = runStates
        return """
            UPDATE dag_run r SET state = u.state, started_at = u.started_at, ended_at = u.ended_at
            FROM unnest(
                \(revisions(of: rows.map(\.run)))::bigint[], \(rows.map(\.run))::bigint[],
                \(rows.map(\.state.rawValue))::text[], \(rows.map { $0.startedAt?.timestamp })::timestamptz[],
                \(rows.map { $0.endedAt?.timestamp })::timestamptz[]
            ) AS u (revision, id, state, started_at, ended_at)
            WHERE r.id = u.id AND r.revision = u.revision
            """
    }
    /// Pauses the DAGs whose newest runs have failed, and tells the leader. Airflow counts runs that have not ended too, as runs that have not
    /// failed.
    ///
    /// Source: Airflow 3.3.2, `models/dagrun.py`, `_check_last_n_dagruns_failed`.
    fileprivate var pauseDAGs: SQL {
        let rows = failures
        return """
            WITH paused AS (
                UPDATE dag d SET is_paused = true, pause_reason = u.reason, updated_at = greatest(d.updated_at, u.at)
                FROM (
                    SELECT DISTINCT ON (n.dag_id) n.* FROM unnest(
                        \(revisions(of: rows.map(\.run)))::bigint[], \(rows.map(\.run))::bigint[], \(rows.map(\.dagID))::text[],
                        \(rows.map { Int32($0.limit) })::int[], \(rows.map(\.at.timestamp))::timestamptz[], \(rows.map(\.reason))::text[]
                    ) AS n (revision, run, dag_id, most, at, reason)
                    JOIN dag_run r ON r.id = n.run AND r.revision = n.revision
                    ORDER BY n.dag_id, n.run DESC
                ) AS u
                WHERE d.dag_id = u.dag_id AND NOT d.is_paused AND u.most = (
                    SELECT count(*) FILTER (WHERE newest.state = 'failed') FROM (
                        SELECT state FROM dag_run WHERE dag_id = u.dag_id ORDER BY run_after DESC, id DESC LIMIT u.most
                    ) AS newest)
                RETURNING d.dag_id)
            SELECT pg_notify('slipstream', 'dag:' || dag_id) IS NULL AS told FROM paused
            """
    }
}
