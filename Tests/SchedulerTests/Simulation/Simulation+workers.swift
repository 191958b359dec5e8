import DAGModel
@testable import Scheduler
import WorkerProtocol

// Workers.
extension Simulation {
    private func isAlive(_ worker: Int, _ id: WorkerID) -> Bool { workers[worker].isAlive && workers[worker].id == id }

    private mutating func isAwake(_ worker: Int, _ event: Event) -> Bool {
        guard workers[worker].frozenUntil > now.monotonic else { return true }
        schedule(event, in: workers[worker].frozenUntil - now.monotonic)
        return false
    }

    mutating func connect(_ worker: Int, _ id: WorkerID) {
        guard isAlive(worker, id), workers[worker].connection == nil, isAwake(worker, .connect(worker: worker, id))
        else { return }
        guard leaders[database.epoch] != nil else { return schedule(.connect(worker: worker, id), in: 500_000) }
        connections.append(Connection(worker: worker, id: id, epoch: database.epoch))
        workers[worker].connection = connections.count - 1
        workers[worker].helloSentAt = now.monotonic
        let hello = WorkerMessage.Hello(
            secret: "", name: workers[worker].name, instance: id.instance, slots: workers[worker].slots,
            attempts: workers[worker].held)
        send(.hello(hello), worker)
    }

    private mutating func send(_ message: WorkerMessage, _ worker: Int) {
        guard let connection = workers[worker].connection, !connections[connection].isBroken else { return }
        let due = max(now.monotonic + random.time(upTo: .milliseconds(200)), connections[connection].toLeader + 1)
        connections[connection].toLeader = due
        schedule(.toLeader(connection: connection, message), in: due - now.monotonic)
    }

    private mutating func tell(_ message: WorkerMessage, _ worker: Int) {
        if workers[worker].isWelcome { send(message, worker) }
    }

    mutating func breakConnection(_ connection: Int) {
        guard !connections[connection].isBroken else { return }
        connections[connection].isBroken = true
        schedule(.leaderSeesClose(connection: connection), in: random.time(upTo: .seconds(2)))
        schedule(.workerSeesClose(connection: connection), in: random.time(upTo: .seconds(2)))
    }

    mutating func workerSeesClose(_ connection: Int) {
        let (worker, id) = (connections[connection].worker, connections[connection].id)
        guard isAlive(worker, id), workers[worker].connection == connection,
            isAwake(worker, .workerSeesClose(connection: connection))
        else { return }
        workers[worker].connection = nil
        workers[worker].isWelcome = false
        workers[worker].heartbeats = []
        schedule(.connect(worker: worker, id), in: 50_000 + random.time(upTo: .seconds(1)))
    }

    mutating func workerReceives(_ message: LeaderMessage, _ connection: Int) {
        let (worker, id) = (connections[connection].worker, connections[connection].id)
        guard !connections[connection].isBroken, isAlive(worker, id), workers[worker].connection == connection,
            isAwake(worker, .toWorker(connection: connection, message))
        else { return }
        switch message {
        case .welcome: begin(worker, connection)
        case .dispatch(let spec): take(spec, worker)
        case .cancel(let attempt, let reason): stop(attempt, AttemptFailure(.cancelled, reason), worker)
        case .acknowledge(let attempt): workers[worker].results[attempt] = nil
        case .heartbeatAnswer(let answer): heartbeatAnswered(answer, worker)
        default: break
        }
    }

    private mutating func begin(_ worker: Int, _ connection: Int) {
        workers[worker].isWelcome = true
        workers[worker].renewedAt = max(workers[worker].renewedAt, workers[worker].helloSentAt)
        workers[worker].heartbeats = []
        schedule(.heartbeat(worker: worker, connection: connection), in: rules.heartbeat.wholeMicroseconds)
        for attempt in workers[worker].running.keys.sorted() { tell(.started(attempt, at: 1, pid: 1), worker) }
        for attempt in workers[worker].results.keys.sorted() { report(attempt, worker) }
    }

    mutating func heartbeat(_ worker: Int, _ connection: Int) {
        guard workers[worker].connection == connection,
            isAwake(worker, .heartbeat(worker: worker, connection: connection))
        else {
            return
        }
        schedule(.heartbeat(worker: worker, connection: connection), in: rules.heartbeat.wholeMicroseconds)
        workers[worker].heartbeats.append(now.monotonic)
        tell(.heartbeat(attempts: workers[worker].held), worker)
    }

    private mutating func heartbeatAnswered(_ answer: LeaderMessage.HeartbeatAnswer, _ worker: Int) {
        guard !workers[worker].heartbeats.isEmpty else { return }
        workers[worker].renewedAt = max(workers[worker].renewedAt, workers[worker].heartbeats.removeFirst())
        guard case .renewed(let revoked) = answer else { return }
        for attempt in revoked {
            stop(attempt, AttemptFailure(.infrastructure, "revoked"), worker)
            workers[worker].results[attempt] = nil
        }
    }

    // MARK: Attempts

    private mutating func take(_ spec: AttemptSpec, _ worker: Int) {
        guard !workers[worker].knows(spec.id) else { return }
        guard now.monotonic < workers[worker].stopAt(rules.lease) else {
            return finish(spec, .failed(AttemptFailure(.infrastructure, "the lease had ended")), worker)
        }
        workers[worker].waiting.append(spec)
        startWaiting(worker)
    }

    private mutating func startWaiting(_ worker: Int) {
        while let index = workers[worker].waiting.firstIndex(where: {
            $0.isSensor || workers[worker].usedSlots < workers[worker].slots
        }) {
            let spec = workers[worker].waiting.remove(at: index)
            workers[worker].running[spec.id] = spec
            bodies[spec.name, default: []].insert(spec.id)
            tell(.started(spec.id, at: 1, pid: 1), worker)
            checkResumption(spec)
            let end = dags[spec.dagID]?.end(spec, now: now.wall) ?? (.skipped(reason: ""), 0)
            schedule(.bodyEnds(worker: worker, spec.id, end.outcome), in: end.after)
        }
    }

    mutating func bodyEnds(_ worker: Int, _ attempt: AttemptID, _ outcome: AttemptOutcome) {
        guard let spec = workers[worker].running[attempt] else { return }
        if bodies[spec.name]?.remove(attempt) != nil, workers[worker].stopping[attempt] == nil {
            ended[attempt] = outcome
        }
        guard isAwake(worker, .bodyEnds(worker: worker, attempt, outcome)) else { return }
        workers[worker].running[attempt] = nil
        let outcome =
            workers[worker].stopping.removeValue(forKey: attempt).map { .failed($0) } ?? ended[attempt] ?? outcome
        finish(spec, outcome, worker)
        startWaiting(worker)
    }

    private mutating func finish(_ spec: AttemptSpec, _ outcome: AttemptOutcome, _ worker: Int) {
        workers[worker].results[spec.id] = AttemptResult(attempt: spec.id, token: spec.token, outcome: outcome)
        report(spec.id, worker)
    }

    /// Says a result, sometimes twice.
    private mutating func report(_ attempt: AttemptID, _ worker: Int) {
        guard let result = workers[worker].results[attempt] else { return }
        tell(.result(result), worker)
        if random.chance(10) { tell(.result(result), worker) }
    }

    private mutating func stop(_ attempt: AttemptID, _ failure: AttemptFailure, _ worker: Int) {
        if let index = workers[worker].waiting.firstIndex(where: { $0.id == attempt }) {
            return finish(workers[worker].waiting.remove(at: index), .failed(failure), worker)
        }
        guard workers[worker].running[attempt] != nil, workers[worker].stopping[attempt] == nil, ended[attempt] == nil
        else { return }
        workers[worker].stopping[attempt] = failure
        schedule(.bodyEnds(worker: worker, attempt, .failed(failure)), in: random.time(upTo: rules.lease / 10))
    }

    // MARK: Time and death

    /// The launcher kills what runs when the lease has ended, also while the supervisor is frozen; the supervisor stops it before.
    mutating func workerTick(_ worker: Int, _ id: WorkerID) {
        guard isAlive(worker, id) else { return }
        schedule(.workerTick(worker: worker, id), in: 1_000_000)
        if now.monotonic >= workers[worker].leaseEnd(rules.lease) - 1_000_000 { killBodies(worker) }
        guard workers[worker].frozenUntil <= now.monotonic, now.monotonic >= workers[worker].stopAt(rules.lease) else {
            return
        }
        for spec in workers[worker].waiting + workers[worker].running.values.sorted(by: { $0.id < $1.id }) {
            stop(spec.id, AttemptFailure(.infrastructure, "no word from the leader"), worker)
        }
        let patience = workers[worker].helloSentAt + rules.lease.wholeMicroseconds / 4 * 3
        if let connection = workers[worker].connection, now.monotonic >= patience { breakConnection(connection) }
    }

    private mutating func killBodies(_ worker: Int) {
        for (attempt, spec) in workers[worker].running.sorted(by: { $0.key < $1.key })
        where bodies[spec.name]?.remove(attempt) != nil {
            let failure = workers[worker].stopping[attempt] ?? AttemptFailure(.infrastructure, "killed by the launcher")
            workers[worker].stopping[attempt] = failure
            schedule(.bodyEnds(worker: worker, attempt, .failed(failure)), in: 0)
        }
    }

    /// The process is killed, and its launcher kills everything below it.
    mutating func crash(_ worker: Int) {
        guard workers[worker].isAlive else { return }
        for (attempt, spec) in workers[worker].running { bodies[spec.name]?.remove(attempt) }
        if let connection = workers[worker].connection { breakConnection(connection) }
        workers[worker].isAlive = false
        workers[worker].running = [:]
        workers[worker].waiting = []
        workers[worker].stopping = [:]
        workers[worker].results = [:]
        schedule(.restart(worker: worker), in: random.time(upTo: .seconds(60)))
    }

    mutating func restart(_ worker: Int) {
        lastWorker += 1
        let id = WorkerID(instance: lastWorker)
        workers[worker] = SimulatedWorker(name: workers[worker].name, slots: workers[worker].slots, id: id)
        workers[worker].renewedAt = now.monotonic
        schedule(.connect(worker: worker, id), in: 0)
        schedule(.workerTick(worker: worker, id), in: 1_000_000)
    }
}

extension AttemptSpec {
    var name: Simulation.InstanceName { .init(runID: runID, taskID: taskID, mapIndex: mapIndex) }
}
