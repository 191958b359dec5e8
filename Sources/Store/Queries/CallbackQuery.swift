internal import Postgres

/// Which callbacks: a page of them, the newest first.
package struct CallbackQuery: Sendable {
    /// nil for all DAGs.
    package var dagID: String?
    /// nil for all runs.
    package var runID: String?
    package var taskID: String?
    /// Empty for all.
    package var states: [CallbackRecord.State] = []
    package var limit: Int
    package var offset: Int

    package init(dagID: String? = nil, runID: String? = nil, limit: Int, offset: Int = 0) {
        self.dagID = dagID
        self.runID = runID
        self.limit = limit
        self.offset = offset
    }

    fileprivate var condition: SQL {
        """
        (\(dagID)::text IS NULL OR r.dag_id = \(dagID)::text)
        AND (\(runID)::text IS NULL OR r.run_id = \(runID)::text)
        AND (\(taskID)::text IS NULL OR c.task_id = \(taskID)::text)
        AND (cardinality(\(states.map(\.rawValue))::text[]) = 0 OR c.state = ANY (\(states.map(\.rawValue))::text[]))
        """
    }
}

/// A callback with the names of its run.
package struct NamedCallback: Sendable, Hashable {
    package var record: CallbackRecord
    package var dagID: String
    package var runID: String

    package init(record: CallbackRecord, dagID: String, runID: String) {
        self.record = record
        self.dagID = dagID
        self.runID = runID
    }
}

extension StateStore {
    package func callbacks(_ query: CallbackQuery) async throws -> [NamedCallback] {
        try await pool.query(
            """
            SELECT c.*, r.dag_id, r.run_id FROM callback c JOIN dag_run r ON r.id = c.run WHERE \(query.condition)
            ORDER BY c.id DESC LIMIT \(Int64(query.limit)) OFFSET \(Int64(query.offset))
            """
        ).map {
            NamedCallback(
                record: try CallbackRecord($0), dagID: try $0.text("dag_id"), runID: try $0.text("run_id"))
        }
    }

    package func count(_ query: CallbackQuery) async throws -> Int {
        let rows = try await pool.query(
            "SELECT count(*) AS n FROM callback c JOIN dag_run r ON r.id = c.run WHERE \(query.condition)")
        return Int(try rows.one()["n", as: Int64.self])
    }
}
