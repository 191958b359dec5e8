import DAGModel
import Postgres
import Store
import Supervision
import TestSupport

/// A migrated database of one's own, and two stores on it that know nothing of each other, as two processes have.
final class StoreBundle: Sendable {
    let database: TestDatabase
    let loop: EventLoop
    let first: StateStore
    let second: StateStore

    init() async throws {
        database = try await TestPostgres.freshDatabase()
        loop = try EventLoop(name: "store-tests")
        let connection = try await PostgresConnection.connect(database.configuration, on: loop)
        _ = try await Migrator(connection).migrate()
        await connection.close()
        first = StateStore(pool: PostgresPool(database.configuration, size: 4, on: loop))
        second = StateStore(pool: PostgresPool(database.configuration, size: 4, on: loop))
        try await first.ensurePartitions()
    }

    deinit { loop.stop() }

    static let now = Instant(seconds: 1_800_000_000)

    func committer(_ epoch: Int64) -> TickCommitter {
        TickCommitter(pool: PostgresPool(database.configuration, size: 1, on: loop), epoch: epoch)
    }

    /// The epoch of a leader that has just taken over.
    func lead(_ name: String = "leader") async throws -> Int64 {
        let current = try await first.leader()
        if let current { try await first.stepDown(epoch: current.epoch) }
        return try await first.takeLead(from: current?.epoch ?? 0, name: name, address: "unix:/x", lease: 5) ?? -1
    }

    func newRun(_ runID: String, logicalDate: Instant? = nil) -> NewRun {
        NewRun(
            dagID: "dag", runID: runID, versionID: 1, type: .manual, logicalDate: logicalDate, dataIntervalStart: nil,
            dataIntervalEnd: nil, runAfter: Self.now, params: "{}", triggeredBy: "test")
    }

    func run(_ runID: String = "run") async throws -> RunRecord {
        try await first.createRun(newRun(runID), now: Self.now)
    }

    /// A tick that starts a run with one instance.
    func starting(_ run: RunRecord) -> TickWrites {
        var writes = TickWrites()
        writes.runs = [(run.id, run.revision)]
        writes.runStates = [RunStateWrite(run: run.id, state: .running, startedAt: Self.now, endedAt: nil)]
        var instance = InstanceWrite(
            run: run.id, taskID: "task", mapIndex: -1, from: .none, state: .queued, tryNumber: 1, maxTries: 1, losses: 0
        )
        instance.attempt = 7
        instance.token = [1, 2, 3]
        writes.newInstances = [instance]
        return writes
    }

    /// The tick after it, in which the attempt succeeds and the run with it.
    func ending(_ run: RunRecord) -> TickWrites {
        var writes = TickWrites()
        writes.runs = [(run.id, run.revision)]
        writes.runStates = [RunStateWrite(run: run.id, state: .success, startedAt: Self.now, endedAt: Self.now)]
        writes.instances = [
            InstanceWrite(
                run: run.id, taskID: "task", mapIndex: -1, from: .queued, state: .success, tryNumber: 1, maxTries: 1,
                losses: 0)
        ]
        writes.attempts = [
            AttemptRecord(
                id: 7, run: run.id, taskID: "task", mapIndex: -1, tryNumber: 1, state: .success, worker: "w", pid: 1,
                queuedAt: Self.now, startedAt: Self.now, endedAt: Self.now, cpuMicroseconds: 5, maxResidentKiB: 6,
                exitCode: 0, signal: nil, reason: nil)
        ]
        writes.outputs = [OutputWrite(run: run.id, taskID: "task", mapIndex: -1, attempt: 7, value: "[1,2]")]
        return writes
    }
}
