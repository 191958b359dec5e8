package import DAGModel
internal import Postgres

/// Which DAG runs, in which order: a page of them.
package struct RunQuery: Sendable {
    /// What runs can be sorted by; runs that are equal in it come in the order of their creation.
    package enum Order: String, Sendable, CaseIterable {
        case id, dagID = "dag_id", runID = "run_id", state, runAfter = "run_after", logicalDate = "logical_date"
        case startDate = "start_date", endDate = "end_date"
    }

    /// A span of time; both ends are included, nil means open.
    package typealias Span = (from: Instant?, to: Instant?)

    /// Nil for the runs of all DAGs.
    package var dagID: String?
    /// Empty for all.
    package var states: [DAGRunState] = []
    package var types: [DAGRunType] = []
    /// A part of the run id, without regard to case.
    package var idPart: String?
    package var runAfter: Span = (nil, nil)
    package var logicalDate: Span = (nil, nil)
    package var order = Order.id
    package var descending = false
    package var limit: Int
    package var offset: Int

    package init(dagID: String?, limit: Int, offset: Int = 0) {
        self.dagID = dagID
        self.limit = limit
        self.offset = offset
    }

    fileprivate var condition: SQL {
        """
        (\(dagID)::text IS NULL OR dag_id = \(dagID)::text)
        AND (cardinality(\(states.map(\.rawValue))::text[]) = 0 OR state = ANY (\(states.map(\.rawValue))::text[]))
        AND (cardinality(\(types.map(\.rawValue))::text[]) = 0 OR run_type = ANY (\(types.map(\.rawValue))::text[]))
        AND (\(idPart)::text IS NULL OR position(lower(\(idPart)::text) IN lower(run_id)) > 0)
        AND (\(runAfter.from?.timestamp)::timestamptz IS NULL OR run_after >= \(runAfter.from?.timestamp)::timestamptz)
        AND (\(runAfter.to?.timestamp)::timestamptz IS NULL OR run_after <= \(runAfter.to?.timestamp)::timestamptz)
        AND (\(logicalDate.from?.timestamp)::timestamptz IS NULL OR logical_date >= \(logicalDate.from?.timestamp)::timestamptz)
        AND (\(logicalDate.to?.timestamp)::timestamptz IS NULL OR logical_date <= \(logicalDate.to?.timestamp)::timestamptz)
        """
    }

    fileprivate var orderBy: RawSQL {
        switch (order, descending) {
        case (.id, false): RawSQL("id")
        case (.id, true): RawSQL("id DESC")
        case (.dagID, false): RawSQL("dag_id, id")
        case (.dagID, true): RawSQL("dag_id DESC, id DESC")
        case (.runID, false): RawSQL("run_id, id")
        case (.runID, true): RawSQL("run_id DESC, id DESC")
        case (.state, false): RawSQL("state, id")
        case (.state, true): RawSQL("state DESC, id DESC")
        case (.runAfter, false): RawSQL("run_after, id")
        case (.runAfter, true): RawSQL("run_after DESC, id DESC")
        case (.logicalDate, false): RawSQL("logical_date NULLS FIRST, id")
        case (.logicalDate, true): RawSQL("logical_date DESC NULLS LAST, id DESC")
        case (.startDate, false): RawSQL("started_at NULLS FIRST, id")
        case (.startDate, true): RawSQL("started_at DESC NULLS LAST, id DESC")
        case (.endDate, false): RawSQL("ended_at NULLS FIRST, id")
        case (.endDate, true): RawSQL("ended_at DESC NULLS LAST, id DESC")
        }
    }
}

extension StateStore {
    package func runs(_ query: RunQuery) async throws -> [RunRecord] {
        try await pool.query(
            """
            SELECT * FROM dag_run WHERE \(query.condition)
            ORDER BY \(raw: query.orderBy) LIMIT \(Int64(query.limit)) OFFSET \(Int64(query.offset))
            """
        ).map(RunRecord.init)
    }

    /// The number of runs that a query would give without a limit.
    package func count(_ query: RunQuery) async throws -> Int {
        let rows = try await pool.query("SELECT count(*) AS n FROM dag_run WHERE \(query.condition)")
        return Int(try rows.one()["n", as: Int64.self])
    }

    /// The newest scheduled run of each DAG that has one.
    package func lastScheduledRuns(dagIDs: [String]) async throws -> [String: RunRecord] {
        let rows = try await pool.query(
            """
            SELECT r.* FROM unnest(\(dagIDs)::text[]) AS d (dag_id)
            CROSS JOIN LATERAL (
                SELECT * FROM dag_run
                WHERE dag_id = d.dag_id AND logical_date IS NOT NULL
                    AND (run_type = 'scheduled' OR run_type = 'backfill' AND starts_with(run_id, 'scheduled__'))
                ORDER BY logical_date DESC LIMIT 1) r
            """)
        return try Dictionary(rows.map(RunRecord.init).map { ($0.dagID, $0) }, uniquingKeysWith: { $1 })
    }

    /// The ids of the newest runs of a DAG.
    package func newestRunIDs(dagID: String, limit: Int) async throws -> [String] {
        try await pool.query(
            "SELECT run_id FROM dag_run WHERE dag_id = \(dagID) ORDER BY id DESC LIMIT \(Int64(limit))"
        )
        .map { try $0.text("run_id") }
    }

    /// The DAGs that have a run of this id, sorted.
    package func dagIDs(runID: String) async throws -> [String] {
        try await pool.query("SELECT dag_id FROM dag_run WHERE run_id = \(runID) ORDER BY dag_id")
            .map { try $0.text("dag_id") }
    }

    /// How many runs are in which state.
    package func runCounts() async throws -> [DAGRunState: Int] {
        let rows = try await pool.query("SELECT state, count(*) AS n FROM dag_run GROUP BY state")
        return try Dictionary(
            rows.map { (try $0.value("state", DAGRunState.self), Int(try $0["n", as: Int64.self])) },
            uniquingKeysWith: { $1 })
    }

    /// A run, and with it those of its DAG with an earlier or later logical date, oldest first.
    package func runs(around run: RunRecord, past: Bool, future: Bool) async throws -> [RunRecord] {
        guard past || future, let date = run.logicalDate?.timestamp else { return [run] }
        return try await pool.query(
            """
            SELECT * FROM dag_run
            WHERE dag_id = \(run.dagID) AND logical_date IS NOT NULL
                AND (\(past) OR logical_date >= \(date)) AND (\(future) OR logical_date <= \(date))
            ORDER BY logical_date
            """
        ).map(RunRecord.init)
    }

    /// Sets the note of a run; false when there is no such run.
    package func setNote(dagID: String, runID: String, _ note: String?) async throws -> Bool {
        try await pool.execute(
            "UPDATE dag_run SET note = \(note) WHERE dag_id = \(dagID) AND run_id = \(runID)") > 0
    }
}
