internal import DAGModel
internal import Logging
internal import Store
internal import Supervision

// Runs that schedules ask for.
extension Leader {
    /// Reads what is needed to schedule a DAG again: it is new, has another version, or was paused or unpaused.
    func reschedule(_ dag: DAGRecord) async throws {
        schedules[dag.dagID] = nil
        guard dag.isPresent, !dag.isPaused, let version = try await store.version(dag.versionID),
            version.document.schedule != .manual
        else { return }
        let last = try await store.lastScheduledRun(dagID: dag.dagID)
        let interval = last.flatMap { run in
            run.dataIntervalStart.flatMap { start in run.dataIntervalEnd.map { DataInterval(start: start, end: $0) } }
        }
        do {
            schedules[dag.dagID] = try ScheduledDAG(dag, version, last: interval, now: clock.now().wall, zones: zones)
            if version.document.schedule.assetCondition != nil { assetQueues.insert(dag.dagID) }
        } catch {
            log.error("DAG \(dag.dagID) is not scheduled: \(error)")
        }
        await createDueRuns()
    }

    /// Creates the runs that are due, by schedules and by backfills, as far as the limits of either allow, and waits for the next one. Asked
    /// again meanwhile, it looks once more, never twice at a time.
    func createDueRuns() async {
        areRunsDue = true
        guard hasTakenOver, !isCreatingRuns else { return }
        isCreatingRuns = true
        defer { isCreatingRuns = false }
        var isComplete = true
        while areRunsDue {
            areRunsDue = false
            for dagID in schedules.keys.sorted() where await !createDueRuns(of: dagID) { isComplete = false }
            for id in backfills.keys.sorted() where await !advance(backfill: id) { isComplete = false }
        }
        armScheduleTimer(isComplete: isComplete)
    }

    /// False when a run could not be created.
    private func createDueRuns(of dagID: String) async -> Bool {
        let now = clock.now().wall
        while let schedule = schedules[dagID], let run = schedule.dueRun(now), activeRuns(of: dagID) < schedule.maximum
        {
            do {
                let record = try await store.createRun(run, now: now)
                createdRuns[record.id] = CreatedRun(dagID: dagID, backfill: nil)
                staleRuns.insert(record.id)
                wake()
            } catch StoreError.runExists {
                log.debug("Run \(run.runID) of \(dagID) exists already")
            } catch {
                log.error("Run \(run.runID) of \(dagID) could not be created; it will be tried again: \(error)")
                return false
            }
            // A new version of the DAG may have brought a new schedule meanwhile.
            if schedules[dagID]?.next == schedule.next { schedules[dagID]?.advance(now: now) }
        }
        return await createAssetRuns(of: dagID)
    }

    /// Creates the run that updates of assets ask for, if there is room for one. What comes meanwhile is told by a notification of its own.
    ///
    /// - Returns: False when it could not be created.
    private func createAssetRuns(of dagID: String) async -> Bool {
        while assetQueues.contains(dagID), let schedule = schedules[dagID], activeRuns(of: dagID) < schedule.maximum {
            assetQueues.remove(dagID)
            do {
                guard let run = try await store.createAssetRun(schedule.version, now: clock.now().wall) else {
                    continue
                }
                createdRuns[run.id] = CreatedRun(dagID: dagID, backfill: nil)
                staleRuns.insert(run.id)
                log.info("Run \(run.runID) of \(dagID) was made from updates of assets")
                wake()
            } catch {
                assetQueues.insert(dagID)
                log.error(
                    "A run of \(dagID) that updates of assets ask for could not be created; it will be tried again: \(error)"
                )
                return false
            }
        }
        return true
    }

    /// A DAG has updates of assets in its queue.
    func assetsUpdated(for dagID: String) async {
        assetQueues.insert(dagID)
        await createDueRuns()
    }

    /// Picks up what lost notifications would have told. Where nothing waits for assets, nothing is asked.
    func reconcileAssetQueues() async throws {
        guard schedules.values.contains(where: { $0.version.document.schedule.assetCondition != nil }) else { return }
        assetQueues.formUnion(try await store.dagsWithAssetQueues())
        await createDueRuns()
    }

    /// Runs of a DAG, or of a backfill of it, that are queued or running, also those that were created and not read yet.
    func activeRuns(of dagID: String, backfill: Int64? = nil) -> Int {
        let created = createdRuns.values.count { $0 == CreatedRun(dagID: dagID, backfill: backfill) }
        return core.activeRuns(of: dagID, backfill: backfill) + created
    }

    /// - Parameter isComplete: False when a run could not be created: it is tried again soon.
    private func armScheduleTimer(isComplete: Bool) {
        scheduleTimer?.cancel()
        scheduleTimer = nil
        let now = clock.now().wall
        var due = schedules.filter { activeRuns(of: $0.key) < $0.value.maximum }.compactMap(\.value.next?.runAfter)
        if !isComplete { due.append(now) }
        guard let next = due.min() else { return }
        // A calendar clock may be set meanwhile: look again every minute.
        let wait = min(max(next - now, isComplete ? .milliseconds(1) : .seconds(1)), .seconds(60))
        scheduleTimer = loop.schedule(after: wait) { [self] in
            Task { await createDueRuns() }
        }
    }
}

/// Whose a run is that was created and not read yet.
struct CreatedRun: Hashable {
    let dagID: String
    let backfill: Int64?
}

extension ScheduledDAG {
    fileprivate var maximum: Int { version.document.maxActiveRuns }
}

extension SchedulerCore {
    /// Runs of a DAG, or of a backfill of it, that are queued or running.
    func activeRuns(of dagID: String, backfill: Int64?) -> Int {
        dags[dagID]?.lines[backfill].map { $0.running + $0.queued.count } ?? 0
    }
}
