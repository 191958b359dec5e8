package import DAGModel

/// A deadline of one run.
package struct DeadlineRecord: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        /// Its time has not come.
        case pending
        /// The run had ended well by then.
        case met
        case missed
    }

    package var run: Int64
    /// Its place among the DAG's deadlines, from 0.
    package var index: Int
    package var name: String?
    package var at: Instant
    package var state: State
    package var createdAt: Instant
    /// The call that tells of the miss.
    package var callback: Int64?
}
