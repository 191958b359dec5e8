import DAGModel
import Foundation
import Postgres
import Supervision

/// One run of a workload, measured.
struct Repetition {
    var makespan: Double
    var gaps: [Double]
    /// CPU-seconds of scheduler, worker, tasks and PostgreSQL.
    var cpu: Double
    /// Bytes of write-ahead log.
    var wal: Double
    /// Processors that other work on the machine, this program included, kept busy.
    var foreign: Double

    /// Other work hardly disturbed it.
    var isQuiet: Bool { foreign < 0.3 }

    init(_ workload: Workload, _ runID: String, on installation: Installation, _ meter: ProcessMeter) async throws {
        let wal = try await installation.walPosition()
        let cpu = meter.cpu(), machine = ProcessMeter.machine()
        let clock = ContinuousClock(), start = clock.now
        makespan = try await installation.run(workload, runID)
        // Processes of the tasks end after their results are in.
        try await installation.loop.sleep(for: .milliseconds(30))
        self.cpu = meter.cpu() - cpu
        foreign = max(0, ProcessMeter.machine() - machine - self.cpu) / (clock.now - start).inSeconds
        self.wal = try await installation.walPosition() - wal
        gaps = []
        guard workload.hasProcesses else { return }
        let stamps = try Stamps(file: installation.stamps + "/" + runID)
        guard stamps.count == workload.tasks else {
            throw BenchError("\(stamps.count) of \(workload.tasks) tasks of \(workload.name) have left a record")
        }
        if workload.isChain { gaps = stamps.gaps }
    }
}

extension Installation {
    /// Counts what happens while nothing runs: the leader renews its lead.
    func measureIdle() async throws {
        let clock = ContinuousClock(), before = try await transactions(), start = clock.now
        idleTransactions = (try await transactions() - before) / (clock.now - start).inSeconds
    }

    /// In bytes.
    func walPosition() async throws -> Double {
        try await query("SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 AS position").one()[
            "position", as: Double.self]
    }

    /// Transactions of everybody but this program. PostgreSQL's processes report theirs with up to ten seconds of delay.
    func transactions() async throws -> Double {
        try await loop.sleep(for: .seconds(11))
        let committed = try await query(
            "SELECT xact_commit::float8 AS count FROM pg_stat_database WHERE datname = current_database()"
        ).one()["count", as: Double.self]
        return committed - Double(ownTransactions)
    }
}
