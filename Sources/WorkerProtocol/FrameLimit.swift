/// The longest frames, in bytes, that each side of a connection takes from the other. A longer one ends the connection with a sentence
/// that names both lengths, before it is read: what a peer claims costs no memory.
public enum FrameLimit: Sendable {
    /// From the leader: artifacts and archives of helper files are the largest.
    public static let toWorker = 64 << 20
    /// From a worker: a batch of log, a result, the attempts that it holds.
    public static let toLeader = 4 << 20
    /// From somebody who has not shown the worker token yet: a hello.
    public static let hello = 1 << 20
    /// From the process of a task: its result, a question, a report.
    public static let fromChild = 1 << 20
    /// From the operator host, for the attempts of many.
    public static let fromHost = 16 << 20
}
