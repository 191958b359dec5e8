import DAGModel
import Foundation
import Glibc
import Postgres
import Supervision

/// The whole measurement: set-up, all workloads with the floors in between, report.
struct Bench {
    private let options: BenchOptions

    init(_ options: BenchOptions) { self.options = options }

    func run() async throws {
        let workloads = Workload.all(options).filter {
            options.workloads.isEmpty || options.workloads.contains($0.name)
        }
        guard !workloads.isEmpty else { throw BenchError("there are only \(Workload.all(options).map(\.name))") }
        progress("starting PostgreSQL, scheduler and worker, compiling \(workloads.count) DAG files")
        let installation = try await Installation(options)
        do {
            let report = try await measure(workloads, on: installation)
            print(report.table)
            if let json = options.json { try Data(report.json.utf8).write(to: URL(filePath: json)) }
        } catch {
            await installation.stop()
            throw error
        }
        await installation.stop()
    }

    private func measure(_ workloads: [Workload], on installation: Installation) async throws -> Report {
        var floors = try await Floors(installation)
        try await installation.measureIdle()
        var results: [WorkloadResult] = []
        for workload in workloads {
            try await installation.publish(workload)
            results.append(try await measure(workload, on: installation, &floors))
        }
        return Report(
            machine: try await Machine(options, installation), commit: floors.commit, spawn: floors.spawn,
            results: results)
    }

    /// Of up to twice as many repetitions those that other work on the machine disturbed least are kept.
    private func measure(
        _ workload: Workload, on installation: Installation, _ floors: inout Floors
    ) async throws -> WorkloadResult {
        let backend = try await installation.query("SELECT pg_backend_pid() AS pid").one()["pid", as: Int32.self]
        let all = ProcessMeter(
            roots: installation.ours + [installation.postmaster].compactMap(\.self), excluded: backend)
        let ours = ProcessMeter(roots: installation.ours, excluded: backend)
        for warmUp in 0..<2 { _ = try await installation.run(workload, "\(workload.name)_warm_up_\(warmUp)") }
        let count = workload.tasks == 1 ? 10 * options.repetitions : options.repetitions
        let clock = ContinuousClock(), start = clock.now
        let transactions = try await installation.transactions()
        var repetitions: [Repetition] = []
        while repetitions.count < 2 * count {
            try await waitForQuiet(installation)
            try await floors.measure(installation)
            let runID = "\(workload.name)_\(repetitions.count)"
            repetitions.append(try await Repetition(workload, runID, on: installation, all))
            progress("\(workload.name) \(repetitions.count): \(Report.number(repetitions.last?.makespan ?? 0)) s")
            if repetitions.filter(\.isQuiet).count >= count { break }
        }
        let idle = installation.idleTransactions * (clock.now - start).inSeconds
        let run = max(0, try await installation.transactions() - transactions - idle)
        let kept = repetitions.sorted { $0.foreign < $1.foreign }.prefix(count)
        let memory = try await peakMemory(workload, on: installation, ours)
        return WorkloadResult(
            workload: workload, repetitions: Array(kept), transactions: run / Double(repetitions.count), pss: memory)
    }

    /// Memory is read in a repetition of its own: reading it takes time.
    private func peakMemory(
        _ workload: Workload, on installation: Installation, _ meter: ProcessMeter
    ) async throws -> Double {
        let sampler = Task.detached {
            var peak = meter.pss()
            while !Task.isCancelled {
                peak = max(peak, meter.pss())
                usleep(20_000)
            }
            return peak
        }
        defer { sampler.cancel() }
        _ = try await installation.run(workload, "\(workload.name)_memory")
        sampler.cancel()
        return await sampler.value
    }

    private func waitForQuiet(_ installation: Installation) async throws {
        for _ in 0..<(5 * options.patience) {
            let before = ProcessMeter.machine()
            try await installation.loop.sleep(for: .milliseconds(200))
            if (ProcessMeter.machine() - before) / 0.2 < 0.4 { return }
        }
    }

    private func progress(_ text: String) { FileHandle.standardError.write(Data("bench: \(text)\n".utf8)) }
}
