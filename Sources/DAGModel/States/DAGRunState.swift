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
    case assetTriggered = "asset_triggered"
}
