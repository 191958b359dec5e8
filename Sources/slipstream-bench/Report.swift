import Foundation

/// What was measured of one workload.
struct WorkloadResult {
    let workload: Workload
    let repetitions: [Repetition]
    /// Per run.
    let transactions: Double
    /// MiB.
    let pss: Double

    private func median(_ value: (Repetition) -> Double) -> Double { repetitions.map(value).quantile(0.5) }

    var foreign: Double { repetitions.map(\.foreign).max() ?? 0 }

    /// The figures, each with the floor that it stands beside, if there is one.
    func metrics(commit: Double, spawn: Double) -> [Metric] {
        let tasks = Double(workload.tasks)
        let makespan = median(\.makespan)
        let gaps = repetitions.flatMap(\.gaps)
        let cpu = repetitions.map(\.cpu).reduce(0, +) / Double(repetitions.count)
        let least = workload.hasProcesses ? leastMakespan(commit: commit, spawn: spawn) : nil
        var metrics = [
            Metric("makespan", makespan, "s", floor: least),
            Metric("throughput", tasks / makespan, "tasks/s", floor: least.map { tasks / $0 }),
            Metric(
                "cpu_per_1000_tasks", cpu / tasks * 1_000, "CPU-s",
                floor: workload.hasProcesses ? spawn * 1_000 : nil),
            Metric("peak_pss", pss, "MiB", floor: nil),
            Metric("wal_per_task", median(\.wal) / tasks, "bytes", floor: nil),
            Metric("transactions_per_task", transactions / tasks, "transactions", floor: nil),
        ]
        if !gaps.isEmpty {
            metrics.insert(Metric("gap_p99", gaps.quantile(0.99), "s", floor: commit), at: 0)
            metrics.insert(Metric("gap_p50", gaps.quantile(0.5), "s", floor: commit), at: 0)
        }
        return metrics
    }

    /// One task is created, started and ended; a chain cannot be faster than its commits or its spawns, a fan not faster than all
    /// processors can spawn.
    private func leastMakespan(commit: Double, spawn: Double) -> Double {
        let tasks = Double(workload.tasks)
        if tasks == 1 { return 2 * commit + spawn }
        if workload.isChain { return tasks * max(commit, spawn) }
        return tasks * spawn / Double(ProcessInfo.processInfo.activeProcessorCount)
    }
}

struct Metric {
    let name: String
    let value: Double
    let unit: String
    let floor: Double?

    init(_ name: String, _ value: Double, _ unit: String, floor: Double?) {
        self.name = name
        self.value = value
        self.unit = unit
        self.floor = floor
    }
}

/// All results as a table for people and as JSON lines.
struct Report {
    let machine: Machine
    let commit: Double
    let spawn: Double
    let results: [WorkloadResult]

    var table: String {
        var lines = machine.lines
        lines.append(
            "floors: durable commit of one row \(Self.number(commit)) s, spawn of a static C program \(Self.number(spawn)) s"
        )
        lines.append("")
        lines.append(Self.row("workload", "metric", "value", "unit", "floor", "x floor"))
        for result in results {
            for metric in result.metrics(commit: commit, spawn: spawn) {
                lines.append(
                    Self.row(
                        result.workload.name, metric.name, Self.number(metric.value), metric.unit,
                        metric.floor.map(Self.number) ?? "", metric.floor.map { Self.number(metric.value / $0) } ?? ""))
            }
            lines.append(
                Self.row(result.workload.name, "(other work)", Self.number(result.foreign), "processors", "", ""))
        }
        return lines.joined(separator: "\n")
    }

    var json: String {
        let floors = [("commit_p50", commit), ("spawn_p50", spawn)].map {
            Self.line("floor", Metric($0.0, $0.1, "s", floor: $0.1))
        }
        let lines = results.flatMap { result in
            result.metrics(commit: commit, spawn: spawn).map { Self.line(result.workload.name, $0) }
        }
        return (floors + lines).joined()
    }

    private static func line(_ workload: String, _ metric: Metric) -> String {
        let floor = metric.floor.map { "\($0)" } ?? "null"
        return """
            {"workload": "\(workload)", "metric": "\(metric.name)", "value": \(metric.value), "unit": "\(metric.unit)", \
            "floor": \(floor)}

            """
    }

    private static func row(_ cells: String...) -> String {
        zip(cells, [16, 22, 11, 14, 11, 8]).map { cell, width in
            cell + String(repeating: " ", count: max(1, width - cell.count))
        }.joined()
    }

    /// Three significant digits.
    static func number(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "0" }
        let digits = max(0, 2 - Int(log10(abs(value)).rounded(.down)))
        return String(format: "%.\(digits)f", value)
    }
}
