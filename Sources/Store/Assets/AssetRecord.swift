package import DAGModel
internal import Postgres

/// One asset as stored, with who names it and its newest event.
package struct AssetRecord: Sendable, Hashable {
    package struct Reference: Sendable, Hashable {
        package var dagID: String
        /// Empty for a schedule.
        package var taskID: String
        package var createdAt: Instant
    }

    package var id: Int64
    package var key: AssetKey
    package var group: String
    /// A JSON object.
    package var extra: String
    package var createdAt: Instant
    package var updatedAt: Instant
    package var lastEvent: Int64?
    package var lastEventAt: Instant?
    /// The DAGs whose schedules wait for it, and the tasks that update or read it, of DAGs that are there.
    package var schedules: [Reference] = []
    package var outlets: [Reference] = []
    package var inlets: [Reference] = []

    /// Some DAG names it.
    package var isActive: Bool { !(schedules.isEmpty && outlets.isEmpty && inlets.isEmpty) }
}

/// One update of an asset as stored.
package struct AssetEventRecord: Sendable, Hashable {
    package var id: Int64
    package var assetID: Int64
    package var asset: AssetKey
    package var group: String
    /// A JSON object.
    package var extra: String
    package var createdAt: Instant
    package var sourceDAGID: String?
    package var sourceTaskID: String?
    package var sourceRunID: String?
    package var sourceMapIndex: Int
}

/// What counts in the queue of a DAG for one asset.
package struct QueuedAsset: Sendable, Hashable {
    package var dagID: String
    package var assetID: Int64
    package var asset: AssetKey
    /// When the first of its updates came.
    package var createdAt: Instant
    package var count: Int
}

extension AssetRecord {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row["id", as: Int64.self], key: AssetKey(name: try row.text("name"), uri: try row.text("uri")),
            group: try row.text("group_name"), extra: try row.text("extra"), createdAt: try row.instant("created_at"),
            updatedAt: try row.instant("updated_at"), lastEvent: try row["last_event", as: Int64?.self],
            lastEventAt: try row.optionalInstant("last_event_at"))
    }
}

extension AssetEventRecord {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row["id", as: Int64.self], assetID: try row["asset", as: Int64.self],
            asset: AssetKey(name: try row.text("name"), uri: try row.text("uri")), group: try row.text("group_name"),
            extra: try row.text("extra"), createdAt: try row.instant("created_at"),
            sourceDAGID: try row["source_dag_id", as: String?.self],
            sourceTaskID: try row["source_task_id", as: String?.self],
            sourceRunID: try row["source_run_id", as: String?.self], sourceMapIndex: try row.int("source_map_index"))
    }
}
