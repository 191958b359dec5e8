package import DAGModel
package import Logging
package import Store

/// What the routes need: the store, the keys that open connections, the logs and a clock.
package struct API: Sendable {
    package let store: StateStore
    package let sealer: Sealer
    package let logs: any LogSource
    /// The wall clock.
    package let now: @Sendable () -> Instant
    /// The release, as `dagctl version` prints it.
    package let version: String
    package let logger: Logger

    package init(
        store: StateStore, sealer: Sealer, logs: any LogSource, version: String, logger: Logger,
        now: @escaping @Sendable () -> Instant
    ) {
        self.store = store
        self.sealer = sealer
        self.logs = logs
        self.version = version
        self.logger = logger
        self.now = now
    }
}
