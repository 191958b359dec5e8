internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    /// Airflow's `dependencies` of a task instance, with the whole evaluation of its trigger rule, for now or for a moment of the past.
    var whyRoutes: [Route] {
        let one = "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}"
        return [
            .get(one + "/dependencies") { try await why($0) },
            .get(one + "/{map_index}/dependencies") { try await why($0) },
        ]
    }

    private func why(_ request: APIRequest) async throws -> Response {
        let record = try await run(request)
        var reader = request.query
        let moment = reader.instant("at")
        let queried = reader.integer("map_index", atLeast: -1)
        try reader.finish()
        let instance = try await instance(request, mapIndex: queried, of: record)
        var stored = try await store.storedRun(record.id)
        if let moment { stored = stored.at(moment, attempts: try await store.attempts(run: record.id)) }
        guard let task = stored.graph.index[instance.taskID],
            let row = stored.instances.first(where: {
                $0.taskID == instance.taskID && $0.mapIndex == instance.mapIndex
            })
        else { throw APIError.notFound("The Task with ID: `\(instance.taskID)` was not found") }
        let key = InstanceKey(task: task, mapIndex: instance.mapIndex)
        var reasons = InstanceReasons(
            run: stored.record, task: stored.graph.tasks[task], instance: row,
            explanation: stored.plan.explanation(of: key))
        if moment == nil { reasons.limits = try await limits(of: reasons, in: stored) }
        return .json(reasons.answer)
    }

    /// The limits that are reached now and concern the instance.
    private func limits(of reasons: InstanceReasons, in stored: StoredRun) async throws -> [InstanceReasons.Reason] {
        let (run, task) = (stored.record, reasons.task)
        guard let dag = try await store.dag(run.dagID), let version = try await store.version(run.versionID) else {
            return []
        }
        var found: [InstanceReasons.Reason] = []
        func reached(_ name: String, _ text: String) { found.append(.init(name: name, text: text)) }
        if dag.isPaused { reached("Dag Not Paused", "the DAG is paused: dagctl dags unpause \(run.dagID)") }
        if run.state == .queued {
            let active = try await store.runCount(dagID: run.dagID, states: [.running])
            if active >= version.document.maxActiveRuns {
                reached("Max Active Runs", "\(active) runs of the DAG are active, as many as maxActiveRuns allows")
            }
            if run.runAfter > now() { reached("Run After", "the run may start at \(run.runAfter.iso8601)") }
            return found
        }
        guard reasons.instance.state == .scheduled else { return found }
        if let reason = reasons.instance.reason { reached("Pool Slots Available", reason) }
        let active = stored.instances.filter { [.queued, .running, .restarting].contains($0.state) }
        if active.count >= version.document.limits.maxActiveTasks {
            reached("Task Concurrency", "\(active.count) tasks of the run are active, as many as maxActiveTasks allows")
        }
        if let limit = task.limits.maxActiveTisPerDagrun, active.count(where: { $0.taskID == task.id }) >= limit {
            reached(
                "Task Concurrency", "\(limit) instances of the task are active in the run, its maxActiveTisPerDagrun")
        }
        if let limit = task.limits.maxActiveTisPerDag,
            try await store.activeInstances(dagID: run.dagID, taskID: task.id) >= limit
        {
            reached("Task Concurrency", "\(limit) instances of the task are active in all runs, its maxActiveTisPerDag")
        }
        if let pool = try await store.pools().first(where: { $0.name == task.limits.pool }), pool.slots >= 0 {
            let used = try await store.poolUse()[pool.name] ?? PoolUse()
            let occupied = used.occupied(includingDeferred: pool.includeDeferred)
            if occupied + task.limits.poolSlots > pool.slots {
                reached(
                    "Pool Slots Available",
                    "pool \(pool.name) has \(pool.slots) slots and \(occupied) in use; the task needs \(task.limits.poolSlots)"
                )
            }
        }
        return found
    }
}
