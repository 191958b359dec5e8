package import DAGModel

/// One row of the outbox: something happened for which the DAG file has a callback.
package struct CallbackRecord: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// To be called at `dueAt`.
        case pending
        /// A worker calls it.
        case running
        case success
        /// Given up: called as often as it may be, or it said that it cannot succeed.
        case failed
    }

    package var id: Int64
    package var run: Int64
    package var versionID: Int64
    package var event: CallbackEvent
    package var state: State
    /// How often a worker was told to call it.
    package var calls: Int
    package var dueAt: Instant
    /// The attempts of the calls, in their order: what their logs are kept under.
    package var attempts: [Int64]
    /// What the worker of the last call shows.
    package var token: [UInt8]?
    package var worker: String?
    /// Why the last call failed.
    package var error: String?
    package var endedAt: Instant?
}

/// An event for the outbox.
package struct CallbackWrite: Sendable, Hashable {
    package var run: Int64
    package var versionID: Int64
    package var event: CallbackEvent

    package init(run: Int64, versionID: Int64, event: CallbackEvent) {
        self.run = run
        self.versionID = versionID
        self.event = event
    }
}

/// How a call ended.
package enum CallbackEnd: Sendable, Hashable {
    case success
    /// To be called again at this time.
    case again(at: Instant, error: String)
    case failed(error: String)
}
