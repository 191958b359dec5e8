import DAGModel
import Scheduler

/// A simulated period for people and for programs.
struct SimulationOutput {
    let report: SimulationReport
    /// How long the simulation took.
    let took: Duration

    func show(_ format: OutputFormat) {
        if format == .json { return print(json.indentedJSON) }
        for line in dags.lines(.current) { print(line) }
        print()
        for line in pools.lines(.current) { print(line) }
        if !report.runs.isEmpty {
            print()
            for line in runs.lines(.current) { print(line) }
        }
        print("\n\(summary)")
    }

    private var summary: String {
        let (runs, attempts) = (report.dags.map(\.runs).reduce(0, +), report.dags.map(\.attempts).reduce(0, +))
        return
            "\(Format.duration(period)) with \(runs) runs and \(attempts) attempts, simulated in \(Format.duration(took.inSeconds))"
    }

    private var period: Double { (report.to - report.from).inSeconds }

    private var dags: Table {
        var table = Table(columns: [
            .init(title: "DAG", least: 12, cutsMiddle: true), .init(title: "Runs", alignsRight: true),
            .init(title: "Success", alignsRight: true), .init(title: "Failed", alignsRight: true),
            .init(title: "Open", alignsRight: true), .init(title: "Most active", expendable: 3, alignsRight: true),
            .init(title: "Attempts", expendable: 4, alignsRight: true),
            .init(title: "Delay p50", expendable: 2, alignsRight: true),
            .init(title: "Delay max", alignsRight: true), .init(title: "Run p50", alignsRight: true),
            .init(title: "Run max", expendable: 1, alignsRight: true), .init(title: "Next run (UTC)", expendable: 5),
        ])
        table.rows = report.dags.map { dag in
            [
                Table.Cell(dag.id, .bold), Table.Cell("\(dag.runs)"), Table.Cell("\(dag.succeeded)"),
                Table.Cell("\(dag.failed)", dag.failed > 0 ? Style(state: "failed") : .plain),
                Table.Cell("\(dag.unfinished)"), Table.Cell("\(dag.mostActiveRuns)"), Table.Cell("\(dag.attempts)"),
                seconds(dag.delays.quantile(0.5)), seconds(dag.delays.max()), seconds(dag.durations.quantile(0.5)),
                seconds(dag.durations.max()),
                dag.pausedAt.map { Table.Cell("paused \(Format.time(.string($0.iso8601)))") }
                    ?? Table.Cell(Format.time(dag.nextRun.map { .string($0.iso8601) })),
            ]
        }
        return table
    }

    private func seconds(_ value: Double?) -> Table.Cell { Table.Cell(value.map(Format.duration) ?? "") }

    private var pools: Table {
        var table = Table(columns: [
            .init(title: "Slots of", least: 12, cutsMiddle: true), .init(title: "Slots", alignsRight: true),
            .init(title: "Most used", alignsRight: true), .init(title: "Average", alignsRight: true),
            .init(title: "Full for", alignsRight: true),
        ])
        table.rows = report.pools.map { pool in
            [
                Table.Cell(pool.name, .bold), Table.Cell(pool.slots < 0 ? "unlimited" : "\(pool.slots)"),
                Table.Cell("\(pool.mostUsed)"), Table.Cell(rounded(pool.used / period)),
                Table.Cell(Format.duration(pool.full)),
            ]
        }
        return table
    }

    private func rounded(_ number: Double) -> String { "\((number * 100).rounded() / 100)" }

    private var runs: Table {
        var table = Table(columns: [
            .init(title: "DAG", least: 12, cutsMiddle: true), .init(title: "State"),
            .init(title: "Logical date (UTC)", expendable: 2), .init(title: "Run after (UTC)"),
            .init(title: "Started (UTC)"),
            .init(title: "Ended (UTC)", expendable: 1),
        ])
        table.rows = report.runs.map { run in
            [
                Table.Cell(run.dagID, .bold), Format.state(.string(run.state.rawValue)), time(run.logicalDate),
                time(run.runAfter), time(run.startedAt), time(run.endedAt),
            ]
        }
        return table
    }

    private func time(_ instant: Instant?) -> Table.Cell {
        Table.Cell(Format.time(instant.map { .string($0.iso8601) }))
    }

    // MARK: JSON

    private var json: JSONValue {
        var members: [String: JSONValue] = [
            "from": .string(report.from.iso8601), "to": .string(report.to.iso8601),
            "dags": .array(report.dags.map(Self.json)), "pools": .array(report.pools.map(json)),
        ]
        if !report.runs.isEmpty { members["runs"] = .array(report.runs.map(Self.json)) }
        return .object(members)
    }

    private static func json(_ dag: SimulationReport.DAG) -> JSONValue {
        .object([
            "dag_id": .string(dag.id), "runs": .int(Int64(dag.runs)), "success": .int(Int64(dag.succeeded)),
            "failed": .int(Int64(dag.failed)), "unfinished": .int(Int64(dag.unfinished)),
            "max_active_runs": .int(Int64(dag.mostActiveRuns)), "attempts": .int(Int64(dag.attempts)),
            "failed_attempts": .int(Int64(dag.failedAttempts)), "delay_p50": number(dag.delays.quantile(0.5)),
            "delay_max": number(dag.delays.max()), "duration_p50": number(dag.durations.quantile(0.5)),
            "duration_max": number(dag.durations.max()),
            "next_run_after": time(dag.pausedAt == nil ? dag.nextRun : nil), "paused_at": time(dag.pausedAt),
        ])
    }

    private func json(_ pool: SimulationReport.Pool) -> JSONValue {
        .object([
            "name": .string(pool.name), "slots": .int(Int64(pool.slots)), "max_used": .int(Int64(pool.mostUsed)),
            "average_used": .double(pool.used / period), "full_seconds": .double(pool.full),
        ])
    }

    private static func json(_ run: SimulationReport.Run) -> JSONValue {
        .object([
            "dag_id": .string(run.dagID), "dag_run_id": .string(run.runID), "state": .string(run.state.rawValue),
            "logical_date": time(run.logicalDate), "run_after": time(run.runAfter), "start_date": time(run.startedAt),
            "end_date": time(run.endedAt),
        ])
    }

    private static func number(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }
    private static func time(_ instant: Instant?) -> JSONValue { instant.map { .string($0.iso8601) } ?? .null }
}
