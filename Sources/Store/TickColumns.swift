internal import DAGModel
internal import Postgres

// The columns of the rows that a tick writes.

/// A row that belongs to a run.
protocol OfRun: Sendable {
    var run: Int64 { get }
}

extension InstanceWrite: OfRun {
    static let key = SQLRows<InstanceWrite>([
        .init("run") { $0.run },
        .init("task_id") { $0.taskID },
        .init("map_index") { Int32($0.mapIndex) },
    ])
    /// The state that the scheduler knows the row in.
    static let oldState = SQLRows<InstanceWrite>([.init("old_state") { $0.from.rawValue }])
    static let state = SQLRows<InstanceWrite>([.init("state") { $0.state.rawValue }])
    static let rest = SQLRows<InstanceWrite>([
        .init("try_number") { Int32($0.tryNumber) },
        .init("max_tries") { Int32($0.maxTries) },
        .init("losses") { Int32($0.losses) },
        .init("attempt") { $0.attempt },
        .init("token") { $0.token },
        .init("worker") { $0.worker },
        .init("pid") { $0.pid.map(Int32.init) },
        .init("queued_at") { $0.queuedAt?.timestamp },
        .init("started_at") { $0.startedAt?.timestamp },
        .init("ended_at") { $0.endedAt?.timestamp },
        .init("retry_at") { $0.retryAt?.timestamp },
        .init("reason") { $0.reason },
        .init("list_length") { $0.listLength.map(Int32.init) },
        .init("steering") { $0.steering },
        .init("map_index_name") { $0.mapIndexName },
        .init("wait") { $0.wait?.json.compactJSON },
        .init("wait_kind") { $0.wait?.suspension.kind },
        .init("wait_key") { $0.wait?.awaitedEvent },
    ])
}

extension AttemptRecord: OfRun {
    static let columns = SQLRows<AttemptRecord>([
        .init("id") { $0.id },
        .init("run") { $0.run },
        .init("task_id") { $0.taskID },
        .init("map_index") { Int32($0.mapIndex) },
        .init("try_number") { Int32($0.tryNumber) },
        .init("state") { $0.state.rawValue },
        .init("worker") { $0.worker },
        .init("pid") { $0.pid.map(Int32.init) },
        .init("queued_at") { $0.queuedAt?.timestamp },
        .init("started_at") { $0.startedAt?.timestamp },
        .init("ended_at") { $0.endedAt.timestamp },
        .init("cpu_microseconds") { $0.cpuMicroseconds },
        .init("max_resident_kib") { $0.maxResidentKiB },
        .init("exit_code") { $0.exitCode.map(Int32.init) },
        .init("signal") { $0.signal.map(Int32.init) },
        .init("reason") { $0.reason },
        .init("cause") { $0.cause },
    ])
}

extension OutputWrite: OfRun {
    static let columns = SQLRows<OutputWrite>([
        .init("run") { $0.run },
        .init("task_id") { $0.taskID },
        .init("map_index") { Int32($0.mapIndex) },
        .init("attempt") { $0.attempt },
        .init("value") { $0.value },
        .init("schema") { $0.schema },
    ])
}
