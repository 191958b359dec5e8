package import DAGModel

extension StoredInstance {
    /// A row as the plan of its run reads it.
    package init(_ record: InstanceRecord, graph: DAGGraph) {
        let task = graph.index[record.taskID].map { graph.tasks[$0] }
        self.init(
            taskID: record.taskID, mapIndex: record.mapIndex, state: record.state, tryNumber: record.tryNumber,
            losses: record.losses, listLength: record.listLength,
            steering: task.flatMap { task in record.steering.flatMap { Steering(json: $0, kind: task.kind) } },
            grantedTries: max(0, record.maxTries - (task?.retries ?? 0)))
    }
}
