internal import DAGModel
package import Supervision

/// How a scheduler runs.
package struct SchedulerOptions: Sendable {
    /// Names the process in the database, for people. Host and process id.
    package var name: String
    /// Where workers connect.
    package var endpoint: SocketEndpoint
    /// What workers show when they connect.
    package var workerToken: String
    package var rules = LeaseRules()
    /// How long a leader may be silent before a standby takes over. Defaults to 5 s.
    package var leaderLease: Duration = .seconds(5)
    /// How often memory is compared with the database, in case a notification was lost. Defaults to 5 s.
    package var reconcileInterval: Duration = .seconds(5)

    package init(name: String, endpoint: SocketEndpoint, workerToken: String) {
        self.name = name
        self.endpoint = endpoint
        self.workerToken = workerToken
    }
}
