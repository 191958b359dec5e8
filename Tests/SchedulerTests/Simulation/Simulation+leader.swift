import DAGModel
@testable import Scheduler
import Store
import WorkerProtocol

// Leaders.
extension Simulation {
    /// Another scheduler takes over, unless one has already.
    mutating func takeOver(after former: Int64) {
        guard database.epoch == former else { return }
        guard databaseAwayUntil <= now.monotonic else {
            return schedule(.takeOver(after: former), in: databaseAwayUntil - now.monotonic + 1_000_000)
        }
        database.epoch += 1
        let epoch = database.epoch
        var rules = rules
        if sabotage == .givesUpTooEarly { rules.lease = rules.lease / 4 }
        leaders[epoch] = Leading(leader: SimulatedLeader(epoch: epoch, rules: rules, database, now: now))
        schedule(.wake(epoch: epoch), in: 0)
        schedule(.reconcile(epoch: epoch), in: 5_000_000)
    }

    /// False when the leader is gone; a frozen one sees the event when it goes on.
    private mutating func isAwake(_ epoch: Int64, _ event: Event) -> Bool {
        guard let leading = leaders[epoch] else { return false }
        guard leading.frozenUntil > now.monotonic else { return true }
        schedule(event, in: leading.frozenUntil - now.monotonic)
        return false
    }

    mutating func wake(_ epoch: Int64) {
        guard isAwake(epoch, .wake(epoch: epoch)) else { return }
        guard leaders[epoch]?.isBusy == false else {
            leaders[epoch]?.isAwake = true
            return
        }
        leaders[epoch]?.isAwake = false
        guard databaseAwayUntil <= now.monotonic else {
            return schedule(.wake(epoch: epoch), in: databaseAwayUntil - now.monotonic + 1_000)
        }
        let isTick = leaders[epoch]?.leader.decide(database, now: now) ?? false
        leaders[epoch]?.isBusy = isTick
        if sabotage == .dispatchesBeforeTheCommit {
            for effect in leaders[epoch]?.leader.decided ?? [] { checkCommitted(effect) }
        }
        if isTick { schedule(.commit(epoch: epoch), in: random.time(upTo: .milliseconds(100))) }
        arm(epoch)
    }

    private mutating func arm(_ epoch: Int64) {
        guard let due = leaders[epoch]?.leader.core.nextTimer, leaders[epoch]?.armed != due else { return }
        leaders[epoch]?.armed = due
        schedule(.timer(epoch: epoch, due: due), in: max(0, due - now.monotonic))
    }

    mutating func timer(_ epoch: Int64, _ due: Int64) {
        guard isAwake(epoch, .timer(epoch: epoch, due: due)) else { return }
        if leaders[epoch]?.armed == due { leaders[epoch]?.armed = nil }
        wake(epoch)
    }

    mutating func commit(_ epoch: Int64) {
        guard isAwake(epoch, .commit(epoch: epoch)) else { return }
        guard databaseAwayUntil <= now.monotonic else {
            return schedule(.commit(epoch: epoch), in: databaseAwayUntil - now.monotonic + 1_000)
        }
        interfere()
        let isUnknown = now.monotonic < Self.faultsEnd && random.chance(5)
        if isUnknown, random.chance(50) { return schedule(.commit(epoch: epoch), in: random.time(upTo: .seconds(2))) }
        guard leaders[epoch]?.leader.commit(&database, isAnswered: !isUnknown) == true else { return die(epoch) }
        if isUnknown { return schedule(.commit(epoch: epoch), in: random.time(upTo: .seconds(2))) }
        for effect in leaders[epoch]?.leader.effects ?? [] { checkCommitted(effect) }
        schedule(.perform(epoch: epoch), in: random.time(upTo: .milliseconds(10)))
    }

    /// What was decided to be done has to be in the database by now.
    private mutating func checkCommitted(_ effect: Effect) {
        guard case .dispatch(_, let spec) = effect,
            let run = database.runs.values.first(where: { $0.runID == spec.runID && $0.dagID == spec.dagID }),
            let row = database.instances[run.id]?[.init(taskID: spec.taskID, mapIndex: spec.mapIndex)]
        else { return }
        if row.attempt != spec.id.rawValue || row.state != .queued {
            problems.append(
                "attempt \(spec.id) of \(spec.runID) \(spec.taskID) is dispatched, but the row is \(row.state)")
        }
        if row.tryNumber == 1 { checkPast(spec, run) }
    }

    /// What depends on the run before begins only when that has ended well. A person may just have changed it.
    private mutating func checkPast(_ spec: AttemptSpec, _ run: RunRecord) {
        guard let task = dags[spec.dagID]?.document.tasks.first(where: { $0.id == spec.taskID }), task.past.isNeeded,
            let before = database.runBefore(run)
        else { return }
        let rows = database.rows(before.id).filter { $0.taskID == task.id }
        if rows.isEmpty || !rows.allSatisfy(\.state.isSuccess) {
            problems.append("\(spec.runID) \(spec.taskID) begins, but in \(before.runID) it is \(rows.map(\.state))")
        }
    }

    mutating func perform(_ epoch: Int64) {
        guard isAwake(epoch, .perform(epoch: epoch)), let effects = leaders[epoch]?.leader.perform(now: now) else {
            return
        }
        for effect in effects {
            switch effect {
            case .dispatch(let worker, let spec):
                tell(worker, .dispatch(spec), epoch)
                guard sabotage == .dispatchesTwice, let other = otherWorker(than: worker, epoch) else { continue }
                tell(other, .dispatch(spec), epoch)
            case .cancel(let worker, let attempt, let reason): tell(worker, .cancel(attempt, reason: reason), epoch)
            case .acknowledge(let worker, let attempt): tell(worker, .acknowledge(attempt), epoch)
            case .disconnect(let worker):
                if let connection = leaders[epoch]?.peers.removeValue(forKey: worker) { breakConnection(connection) }
            // What people send in a simulation wakes at once.
            case .finished, .tell, .pastEnded, .lookForEvent, .callCallbacks, .callLost: break
            }
        }
        leaders[epoch]?.isBusy = false
        // What happened meanwhile, and whatever follows from the tick itself.
        let isWoken = leaders[epoch]?.leader.isWoken == true
        leaders[epoch]?.leader.isWoken = false
        if isWoken || leaders[epoch]?.isAwake == true || leaders[epoch]?.leader.staleRuns.isEmpty == false {
            wake(epoch)
        } else {
            arm(epoch)
        }
    }

    mutating func reconcile(_ epoch: Int64) {
        guard isAwake(epoch, .reconcile(epoch: epoch)) else { return }
        schedule(.reconcile(epoch: epoch), in: 5_000_000)
        guard databaseAwayUntil <= now.monotonic else { return }
        guard database.epoch == epoch else { return die(epoch) }
        leaders[epoch]?.leader.reconcile(database)
        for dag in dags.keys.sorted() {
            leaders[epoch]?.leader.core.dagChanged(dag, isPaused: database.pausedDAGs.contains(dag))
        }
        wake(epoch)
    }

    /// The leader is gone: killed, or fenced.
    mutating func die(_ epoch: Int64) {
        leaders[epoch] = nil
        for index in connections.indices where connections[index].epoch == epoch { breakConnection(index) }
    }

    // MARK: Workers at the leader

    func tellable(_ worker: WorkerID, _ epoch: Int64) -> Int? { leaders[epoch]?.peers[worker] }

    private func otherWorker(than worker: WorkerID, _ epoch: Int64) -> WorkerID? {
        leaders[epoch]?.peers.keys.filter { $0 != worker }.min { $0.instance < $1.instance }
    }

    mutating func tell(_ worker: WorkerID, _ message: LeaderMessage, _ epoch: Int64) {
        guard let connection = tellable(worker, epoch), !connections[connection].isBroken else { return }
        let due = max(now.monotonic + random.time(upTo: .milliseconds(200)), connections[connection].toWorker + 1)
        connections[connection].toWorker = due
        schedule(.toWorker(connection: connection, message), in: due - now.monotonic)
    }

    mutating func leaderReceives(_ message: WorkerMessage, _ connection: Int) {
        let (id, epoch) = (connections[connection].id, connections[connection].epoch)
        guard !connections[connection].isBroken, isAwake(epoch, .toLeader(connection: connection, message)) else {
            return
        }
        switch message {
        case .hello(let hello): greet(hello, id, connection, epoch)
        case .heartbeat(let attempts): answerHeartbeat(attempts, id, epoch)
        case .started(let attempt, let at, let pid):
            leaders[epoch]?.leader.core.started(attempt, at: Instant(microseconds: at), pid: pid, now: now)
            schedule(.wake(epoch: epoch), in: 50_000)
        case .result(let result) where sabotage == .losesResults && random.chance(5):
            tell(id, .acknowledge(result.attempt), epoch)
        case .result(let result):
            leaders[epoch]?.leader.ended(result, from: id, now: now)
            wake(epoch)
        default: break
        }
    }

    private mutating func greet(_ hello: WorkerMessage.Hello, _ id: WorkerID, _ connection: Int, _ epoch: Int64) {
        if let former = leaders[epoch]?.peers[id], former != connection { breakConnection(former) }
        leaders[epoch]?.peers[id] = connection
        tell(id, .welcome(.init(epoch: epoch, heartbeat: 5_000, lease: 20_000)), epoch)
        let revoked = leaders[epoch]?.leader.core.workerJoined(
            id, name: hello.name, slots: hello.slots, held: hello.attempts, isSuccessor: hello.isSuccessor, now: now)
        for attempt in revoked ?? [] { tell(id, .cancel(attempt, reason: "not wanted"), epoch) }
        wake(epoch)
    }

    private mutating func answerHeartbeat(_ attempts: [AttemptID], _ id: WorkerID, _ epoch: Int64) {
        var held = attempts
        if sabotage == .losesResults {
            // A heartbeat would tell that the attempt is gone.
            held += leaders[epoch]?.leader.core.attempts.filter { $0.value.worker == id }.map(\.key) ?? []
        }
        let revoked = leaders[epoch]?.leader.heartbeat(id, held: held, now: now) ?? []
        guard databaseAwayUntil <= now.monotonic else { return tell(id, .heartbeatAnswer(.hold), epoch) }
        tell(id, .heartbeatAnswer(.renewed(revoked: revoked)), epoch)
    }

    mutating func leaderSeesClose(_ connection: Int) {
        let (id, epoch) = (connections[connection].id, connections[connection].epoch)
        guard isAwake(epoch, .leaderSeesClose(connection: connection)), leaders[epoch]?.peers[id] == connection else {
            return
        }
        leaders[epoch]?.peers[id] = nil
        leaders[epoch]?.leader.core.workerDisconnected(id)
        wake(epoch)
    }
}
