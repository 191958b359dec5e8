import DAGModel
@testable import Scheduler
import Store

// What goes wrong, and what people do.
extension Simulation {
    mutating func fault() {
        guard now.monotonic < Self.faultsEnd else { return }
        let (epoch, worker) = (database.epoch, Int.random(in: workers.indices, using: &random))
        switch Int.random(in: 0..<9, using: &random) {
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
        case 6: change { $0.cancel($1) }
        case 7: change { $0.annotate($1) }
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
            database.change(run.id) { [now] stored in
                let failed = stored.plan.instances(chosenBy: InstanceSelection()).filter {
                    stored.plan[$0]?.state.isFailure == true
                }
                _ = stored.mark(failed, as: .success, now: now.wall)
            }
            guard random.chance(70) else { continue }
            leaders[database.epoch]?.leader.staleRuns.insert(run.id)
            schedule(.wake(epoch: database.epoch), in: 0)
        }
    }

    /// Somebody changes a run just before a commit.
    mutating func interfere() {
        guard now.monotonic < Self.faultsEnd, random.chance(8) else { return }
        if random.chance(10) { change { $0.cancel($1) } } else { change { $0.annotate($1) } }
    }

    private mutating func change(_ body: (inout SimulatedDatabase, Int64) -> Void) {
        guard let run = database.runs.keys.sorted().randomElement(using: &random) else { return }
        body(&database, run)
        // A lost notification costs latency, not truth.
        guard random.chance(70) else { return }
        leaders[database.epoch]?.leader.staleRuns.insert(run)
        schedule(.wake(epoch: database.epoch), in: random.time(upTo: .milliseconds(10)))
    }

    /// The reconciliation tells the leader; the DAG is unpaused in the end.
    private mutating func pause() {
        guard let dag = dags.keys.sorted().randomElement(using: &random) else { return }
        database.setPaused(dag, !database.pausedDAGs.contains(dag))
        schedule(.fault, in: 1_000_000)
    }
}
