import DAGModel
@testable import Scheduler
import Store

// What goes wrong, and what people do.
extension Simulation {
    mutating func fault() {
        guard now.monotonic < Self.faultsEnd else { return }
        let (epoch, worker) = (database.epoch, Int.random(in: workers.indices, using: &random))
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
            if let connection = workers[worker].connection { breakConnection(connection) }
        case 1: crash(worker)
        case 2: workers[worker].frozenUntil = now.monotonic + random.time(upTo: .seconds(60))
        case 3:
            die(epoch)
            schedule(.takeOver(after: epoch), in: random.time(upTo: .seconds(20)))
        case 4:
            leaders[epoch]?.frozenUntil = now.monotonic + random.time(upTo: .seconds(120))
            schedule(.takeOver(after: epoch), in: 5_000_000)
        case 5: databaseAwayUntil = now.monotonic + random.time(upTo: .seconds(60))
        case 6: change { $0.database.cancel($1) }
        case 7: change { $0.database.annotate($1) }
        case 8: change { $0.mark($1) }
        default: pause()
        }
    }

    /// Somebody changes a run just before a commit.
    mutating func interfere() {
        guard now.monotonic < Self.faultsEnd, random.chance(8) else { return }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: change { $0.database.cancel($1) }
        case 1: change { $0.mark($1) }
        default: change { $0.database.annotate($1) }
        }
    }

    private mutating func change(_ body: (inout Simulation, Int64) -> Void) {
        guard let run = database.runs.keys.sorted().randomElement(using: &random) else { return }
        change(run, body)
    }

    private mutating func change(_ run: Int64, _ body: (inout Simulation, Int64) -> Void) {
        body(&self, run)
        // A lost notification costs latency, not truth.
        guard random.chance(70) else { return }
        leaders[database.epoch]?.leader.staleRuns.insert(run)
        schedule(.wake(epoch: database.epoch), in: random.time(upTo: .milliseconds(10)))
    }

    /// A person decides how an instance has ended, whatever it is doing.
    private mutating func mark(_ run: Int64) {
        guard let record = database.runs[run], !record.state.isFinished,
            let row = database.rows(run).randomElement(using: &random),
            let graph = database.versions[record.versionID]?.graph, let task = graph.index[row.taskID]
        else { return }
        let state: TaskState = random.chance(50) ? .success : .failed
        database.change(run) { stored in
            _ = stored.mark([InstanceKey(task: task, mapIndex: row.mapIndex)], as: state, now: now.wall)
        }
        let rows = database.rows(run)
        for row in rows where marked[name(row, record)] != row.state { marked[name(row, record)] = nil }
        for after in rows where after.taskID == row.taskID && after.mapIndex == row.mapIndex && after.state == state {
            marked[name(after, record)] = state
        }
    }

    func name(_ row: InstanceRecord, _ run: RunRecord) -> InstanceName {
        InstanceName(runID: run.runID, taskID: row.taskID, mapIndex: row.mapIndex)
    }

    /// People answer, and things happen elsewhere, that tasks wait for.
    mutating func people() {
        schedule(.people, in: 20_000_000)
        for run in database.runs.keys.sorted() where database.runs[run]?.state == .running {
            let waiting = database.rows(run).filter { $0.state == .deferred || $0.state == .awaitingInput }
            guard let row = waiting.randomElement(using: &random), let wait = row.wait else { continue }
            let cause: WakeCause
            switch wait.suspension.wait {
            case .event: cause = .event(.int(1))
            case .person: cause = .answer(InputAnswer(chosen: ["a"], by: "ada", at: now.wall))
            case .poke, .time: continue
            }
            change(run) { simulation, run in
                simulation.database.change(run) { stored in
                    _ = stored.wake { other, _ in
                        other.taskID == row.taskID && other.mapIndex == row.mapIndex ? cause : nil
                    }
                }
            }
        }
    }

    /// The reconciliation tells the leader; the DAG is unpaused in the end.
    private mutating func pause() {
        guard let dag = dags.keys.sorted().randomElement(using: &random) else { return }
        database.setPaused(dag, !database.pausedDAGs.contains(dag))
        schedule(.fault, in: 1_000_000)
    }
}
