package import DAGModel

/// One DAG as stored: where it comes from and which version is current.
package struct DAGRecord: Sendable, Hashable {
    package var dagID: String
    package var bundle: String
    package var file: String
    package var versionID: Int64
    package var isPaused: Bool
    /// Why the scheduler paused it; nil when a person did.
    package var pauseReason: String?
    package var isPresent: Bool
    package var firstSeenAt: Instant
    package var updatedAt: Instant
}

/// One version of a DAG: what its runs are pinned to.
package struct VersionRecord: Sendable, Hashable {
    package var id: Int64
    package var dagID: String
    package var number: Int
    package var bundle: String
    package var file: String
    package var commit: String
    package var artifact: String
    package var files: String
    package var fingerprint: String
    package var document: DAGDocument
    package var createdAt: Instant
}

extension DAGRecord {
    /// A DAG outside of any database.
    package init(simulated dagID: String, versionID: Int64, at time: Instant) {
        self.init(
            dagID: dagID, bundle: "", file: "", versionID: versionID, isPaused: false, isPresent: true,
            firstSeenAt: time, updatedAt: time)
    }
}

extension VersionRecord {
    /// The first version of a DAG outside of any database.
    package init(simulated document: DAGDocument, id: Int64, at time: Instant) {
        self.init(
            id: id, dagID: document.id, number: 1, bundle: "", file: "", commit: "", artifact: "", files: "",
            fingerprint: "", document: document, createdAt: time)
    }
}
