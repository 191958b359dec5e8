/// The state of a DAG run. Source: Airflow 3.3.2, `utils/state.py`.
public enum DAGRunState: String, Sendable, Hashable, Codable, CaseIterable {
    case queued
    case running
    case success
    case failed

    public var isFinished: Bool { self == .success || self == .failed }
}

/// What created a DAG run. Source: Airflow 3.3.2, `utils/types.py`.
public enum DAGRunType: String, Sendable, Hashable, Codable, CaseIterable {
    case manual
    case scheduled
    case backfill
    /// By the updates of the assets that the DAG's schedule waits for.
    case assetTriggered = "asset_triggered"
    /// By a person who wants an asset updated.
    case assetMaterialization = "asset_materialization"
}
