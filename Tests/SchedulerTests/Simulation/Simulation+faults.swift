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

    /// A person looks after runs that wait for an earlier one that has failed: marks what failed there.
    mutating func repair() {
        schedule(.person, in: 60_000_000)
        for run in database.runs.values.sorted(by: { $0.id < $1.id }) where run.state.isFinished {
            let waits = database.runs.values.contains { later in
                !later.state.isFinished && database.past(of: later)?.id == run.id
            }
            guard waits, database.rows(run.id).contains(where: \.state.isFailure) else { continue }
            mark(database.rows(run.id).filter(\.state.isFailure), as: .success, of: run)
            guard random.chance(70) else { continue }
            leaders[database.epoch]?.leader.staleRuns.insert(run.id)
            schedule(.wake(epoch: database.epoch), in: 0)
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

    /// A person decides how an instance ends, whatever it is doing.
    private mutating func mark(_ run: Int64) {
        guard let record = database.runs[run], !record.state.isFinished,
            // What has ended well may have been taken for that by a later run already.
            let row = database.rows(run).filter({ !$0.state.isFinished }).randomElement(using: &random)
        else { return }
        mark([row], as: random.chance(50) ? .success : .failed, of: record)
    }

    private mutating func mark(_ rows: [InstanceRecord], as state: TaskState, of run: RunRecord) {
        guard let graph = database.versions[run.versionID]?.graph else { return }
        let keys = rows.compactMap { row in
            graph.index[row.taskID].map { InstanceKey(task: $0, mapIndex: row.mapIndex) }
        }
        database.change(run.id) { [now] stored in _ = stored.mark(keys, as: state, now: now.wall) }
        let changed = Set(rows.map { name($0, run) })
        for row in database.rows(run.id) {
            let name = name(row, run)
            if changed.contains(name), row.state == state { marked[name] = state }
            if marked[name] != row.state { marked[name] = nil }
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
