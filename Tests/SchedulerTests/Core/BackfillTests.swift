import DAGModel
@testable import Scheduler
@testable import Store
import Testing
import WorkerProtocol

/// Runs of backfills have limits of their own.
struct BackfillTests {
    private func backfill(_ bench: CoreBench, _ id: Int64 = 1, atOnce: Int = 2) -> BackfillRecord {
        var spec = BackfillSpec(from: Instant(seconds: 0), to: Instant(seconds: 1))
        spec.maxActiveRuns = atOnce
        return BackfillRecord(
            id: id, dagID: "dag", versionID: 1, spec: spec, triggeredBy: "test", isPaused: false, isCancelled: false,
            createdAt: bench.now.wall, updatedAt: bench.now.wall)
    }

    private func states(_ bench: CoreBench, _ runs: [Int64]) -> [DAGRunState?] {
        runs.map { bench.database.runs[$0]?.state }
    }

    @Test func `a backfill and its DAG do not count against each other's limits`() {
        var bench = CoreBench()
        bench.core.backfillChanged(backfill(bench), now: bench.now)
        bench.core.backfillChanged(backfill(bench, 2, atOnce: 1), now: bench.now)
        let own = (0..<2).map { _ in bench.run([.author("a")], maxActiveRuns: 1) }
        let first = (1...3).map { bench.run([.author("a")], maxActiveRuns: 1, backfill: .init(id: 1, ordinal: $0)) }
        let second = (1...2).map { bench.run([.author("a")], maxActiveRuns: 1, backfill: .init(id: 2, ordinal: $0)) }
        bench.settle()
        #expect(states(bench, own) == [.running, .queued])
        #expect(states(bench, first) == [.running, .running, .queued])
        #expect(states(bench, second) == [.running, .queued])
    }

    @Test func `runs of a backfill start in their order, whatever their dates are`() {
        var bench = CoreBench()
        bench.core.backfillChanged(backfill(bench, atOnce: 1), now: bench.now)
        let runs = [3, 1, 2].map { bench.run([.author("a")], backfill: .init(id: 1, ordinal: $0)) }
        bench.join(.one, slots: 4)
        #expect(bench.settle().dispatched.map(\.runID) == ["run\(runs[1])"])
    }

    @Test func `a paused backfill starts no runs and lets running ones go on`() {
        var bench = CoreBench()
        var record = backfill(bench, atOnce: 1)
        bench.core.backfillChanged(record, now: bench.now)
        let runs = (1...2).map { bench.run([.author("a")], backfill: .init(id: 1, ordinal: $0)) }
        bench.join(.one, slots: 4)
        let first = bench.settle()
        record.isPaused = true
        bench.core.backfillChanged(record, now: bench.now)
        bench.end(first.dispatched[0])
        #expect(bench.settle().finished == ["run\(runs[0])"])
        #expect(states(bench, runs) == [.success, .queued])
        record.isPaused = false
        bench.core.backfillChanged(record, now: bench.now)
        #expect(bench.settle().dispatched.map(\.runID) == ["run\(runs[1])"])
    }

    @Test func `a cancelled backfill drops what waits, and only that`() {
        var bench = CoreBench()
        var record = backfill(bench, atOnce: 1)
        bench.core.backfillChanged(record, now: bench.now)
        let runs = (1...2).map { bench.run([.author("a")], backfill: .init(id: 1, ordinal: $0)) }
        bench.join(.one, slots: 4)
        let first = bench.settle()
        record.isPaused = true
        record.isCancelled = true
        record.completedAt = bench.now.wall
        bench.core.backfillChanged(record, now: bench.now)
        bench.settle()
        #expect(states(bench, runs) == [.running, .failed])
        #expect(bench.row(runs[1], "a")?.reason == "backfill 1 was cancelled")
        bench.end(first.dispatched[0])
        bench.settle()
        #expect(states(bench, runs) == [.success, .failed])
        // What a person has run again later is no longer the backfill's to drop.
        bench.pass(.seconds(1))
        bench.database.change(runs[1]) { stored in
            _ = stored.clear(stored.plan.instances(chosenBy: InstanceSelection()), now: bench.now.wall)
        }
        bench.leader.staleRuns.insert(runs[1])
        #expect(bench.settle().tasks == ["a"])
    }

    @Test func `a run that waits while its backfill is cancelled before a takeover is dropped after it`() {
        var bench = CoreBench()
        var record = backfill(bench)
        record.isPaused = true
        bench.core.backfillChanged(record, now: bench.now)
        let run = bench.run([.author("a")], backfill: .init(id: 1, ordinal: 1))
        bench.settle()
        record.isCancelled = true
        record.completedAt = bench.now.wall
        var next = SchedulerCore(epoch: 2, rules: bench.rules)
        next.backfillChanged(record, now: bench.now)
        guard let stored = bench.database.runs[run], let version = bench.database.versions[stored.versionID] else {
            return
        }
        next.runLoaded(stored, version, [], past: nil, now: bench.now)
        #expect(next.tick(bench.now).writes.runStates.map(\.state) == [.failed])
    }
}
