package import DAGModel
package import Store
package import Supervision

/// How a scheduler runs.
package struct SchedulerOptions: Sendable {
    /// Names the process in the database, for people. Host and process id.
    package var name: String
    /// Where workers connect.
    package var endpoint: SocketEndpoint
    /// What workers are told instead, where they reach the scheduler by another name; port 0 stands for the port of ``endpoint``.
    package var advertised: SocketEndpoint?
    /// What workers show when they connect.
    package var workerToken: String
    package var rules = LeaseRules()
    package var callbacks = CallbackRules()
    package var retention = RetentionRules()
    /// How long a leader may be silent before a standby takes over. Defaults to 5 s.
    package var leaderLease: Duration = .seconds(5)
    /// How often memory is compared with the database, in case a notification was lost. Defaults to 5 s.
    package var reconcileInterval: Duration = .seconds(5)
    /// How many bytes an output may have. Defaults to 16 MiB.
    package var maximumOutput = LargeOutput.usualLimit
    /// The prefix in S3 to which outputs above 64 KiB are moved. Defaults to nil: they stay in the database.
    package var outputPlace: OutputPlace?

    package init(name: String, endpoint: SocketEndpoint, workerToken: String) {
        self.name = name
        self.endpoint = endpoint
        self.workerToken = workerToken
    }

    /// The address for workers, of a scheduler that listens at `listening`.
    func address(listening: SocketEndpoint) -> SocketEndpoint {
        guard case .tcp(let host, 0)? = advertised, case .tcp(_, let port) = listening else {
            return advertised ?? listening
        }
        return .tcp(host: host, port: port)
    }
}

/// How the leader removes what is old.
package struct RetentionRules: Sendable {
    package var policy = RetentionPolicy()
    /// From the takeover to the first look. Defaults to a minute.
    package var firstPause: Duration = .seconds(60)
    /// From one look to the next. Defaults to an hour.
    package var interval: Duration = .seconds(3_600)
    /// How much one transaction removes.
    package var step = RetentionStep()

    package init() {}
}
