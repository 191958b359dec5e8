internal import DAGModel

extension StoredRun {
    /// The run with its rows after a backfill has it begin again, from nothing, on a version of the backfill's choice.
    ///
    /// Tasks count their tries on. Those outside of the subset stay as they are; such a task that has no end yet is skipped.
    func begunAgain(by backfill: BackfillRecord, ordinal: Int, on version: VersionRecord, now: Instant) -> StoredRun {
        var after = StoredRun(record: record, instances: [], graph: DAGGraph(version.document))
        let rows = Dictionary(grouping: instances, by: \.taskID)
        for task in version.document.tasks {
            after.instances += backfill.rows(of: task, run: record.id, former: rows[task.id] ?? [], now: now)
        }
        after.record.type = .backfill
        after.record.versionID = version.id
        after.record.triggeredBy = BackfillRecord.trigger
        after.record.backfill = BackfillPlace(id: backfill.id, ordinal: ordinal)
        if let given = backfill.spec.params {
            after.record.params = JSONValue.object(version.document.params.merged(with: given)).compactJSON
        }
        after.restart(now: now)
        return after
    }
}

extension BackfillRecord {
    /// The rows of a task in a run that begins.
    ///
    /// - Parameter former: Those that it has.
    func rows(of task: TaskDocument, run: Int64, former: [InstanceRecord], now: Instant) -> [InstanceRecord] {
        var row = InstanceRecord(run: run, task)
        guard subset?.contains(task) ?? true else {
            guard former.isEmpty || former.contains(where: { !$0.state.isFinished }) else { return former }
            row.state = .skipped
            row.endedAt = now
            row.reason = "not selected for backfill \(id)"
            return [row]
        }
        row.tryNumber = former.map(\.tryNumber).max() ?? 0
        row.maxTries = row.tryNumber + task.retries
        return [row]
    }
}
