import ArgumentParser
import DAGModel

/// `dagctl backfill create`
struct BackfillCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Start a backfill, or show with --dry-run what it would do.",
        discussion: """
            Both ends of the range are included; a date without a time is midnight UTC. With --task the other tasks are skipped in new runs \
            and stay as they are in runs that begin again; the chosen ones do not wait for them.

            Example: dagctl backfill create nightly --from-date 2026-01-01 --to-date 2026-01-31 --dry-run
            Example: dagctl backfill create nightly --from-date 2026-01-01 --to-date 2026-01-31 --reprocess-behavior failed
            """)

    @Argument(help: "The DAG's id.")
    var dag: String

    @Option(help: "The first logical date, such as 2026-01-01 or 2026-01-01T03:00:00Z.")
    var fromDate: String

    @Option(help: "The last logical date.")
    var toDate: String

    @Option(help: "Which runs that have ended run again: none, failed or completed.")
    var reprocessBehavior = "none"

    @Flag(help: "Begin with the newest date.")
    var runBackwards = false

    @Option(help: "How many runs of the backfill may be active at once.")
    var maxActiveRuns = 10

    @OptionGroup var params: ParamOptions

    @Option(name: .customLong("task"), help: "Only this task, with its setups and teardowns. May be repeated.")
    var tasks: [String] = []

    @Flag(
        inversion: .prefixedNo,
        help: "Whether runs that begin again go over to the newest version of the DAG.")
    var runOnLatestVersion = true

    @Flag(help: "Show what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        let known = ReprocessBehavior.allCases.map(\.rawValue)
        guard known.contains(reprocessBehavior) else {
            let nearest = suggestionText(for: reprocessBehavior, among: known)
            throw ValidationError(
                "--reprocess-behavior: must be one of \(known.joined(separator: ", ")), is \"\(reprocessBehavior)\"\(nearest)"
            )
        }
        guard maxActiveRuns >= 1 else {
            throw ValidationError("--max-active-runs: must be at least 1, is \(maxActiveRuns)")
        }
    }

    func run() async throws {
        let (from, to) = (try instant("--from-date", fromDate), try instant("--to-date", toDate))
        let client = try await server.connect()
        let details = try await client.get(["dags", dag, "details"])
        let body = try body(from, to, details)
        guard !dryRun else {
            let answer = try await client.send("POST", ["backfills", "dry_run"], body: body)
            return show(answer)
        }
        let backfill = try await client.send("POST", ["backfills"], body: body)
        if details["is_paused"] == .bool(true) {
            Terminal.complain("dagctl: \(dag) is paused, so the runs wait; start them with dagctl dags unpause \(dag)")
        }
        print(output.output == .json ? backfill.indentedJSON : sentence(backfill))
    }

    private func instant(_ option: String, _ text: String) throws -> Instant {
        if let instant = Instant(iso8601: text) { return instant }
        throw CommandFailure(
            .wrongUsage, "\(option): must be a date or time such as 2026-01-31 or 2026-01-31T03:00:00Z, is \"\(text)\"")
    }

    private func body(_ from: Instant, _ to: Instant, _ details: JSONValue) throws -> JSONValue {
        var members: [String: JSONValue] = [
            "dag_id": .string(dag), "from_date": .string(from.iso8601), "to_date": .string(to.iso8601),
            "reprocess_behavior": .string(reprocessBehavior), "run_backwards": .bool(runBackwards),
            "max_active_runs": .int(Int64(maxActiveRuns)), "run_on_latest_version": .bool(runOnLatestVersion),
        ]
        if params.areGiven { members["dag_run_conf"] = .object(try params.values(of: details)) }
        if !tasks.isEmpty { members["task_ids"] = .array(tasks.map(JSONValue.string)) }
        return .object(members)
    }

    private func sentence(_ backfill: JSONValue) -> String {
        let plan = BackfillPlanFields(backfill["plan"] ?? .null, atOnce: maxActiveRuns)
        let number = "backfill \(Format.text(backfill["id"]))"
        guard plan.runs > 0 else {
            return "\(number): nothing to do, all dates have runs (see --reprocess-behavior)"
        }
        return "\(number): \(plan.runs == 1 ? "1 run" : "\(plan.runs) runs")\(plan.duration.map { ", \($0)" } ?? "")"
    }

    private func show(_ answer: JSONValue) {
        output.show(answer) { BackfillPlanFields(answer["plan"] ?? .null, atOnce: maxActiveRuns).fields }
        let dates = answer["backfills"]?.elements ?? []
        guard output.output == .table, !dates.isEmpty else { return }
        var table = Table(columns: [.init(title: "Logical date"), .init(title: "Action")])
        table.rows = dates.map {
            [Table.Cell(Format.time($0["logical_date"]), .bold), Table.Cell(Format.text($0["action"]))]
        }
        print(([""] + table.lines(.current)).joined(separator: "\n"))
    }
}

/// The plan of a backfill, for people.
struct BackfillPlanFields {
    private let plan: JSONValue
    private let atOnce: Int

    init(_ plan: JSONValue, atOnce: Int) {
        self.plan = plan
        self.atOnce = atOnce
    }

    var runs: Int { count("created") + count("cleared") }

    /// `about 4 min 07 s`; nil when no run has ever succeeded.
    var duration: String? { seconds("predicted_seconds").map { "about \(Format.duration($0))" } }

    var fields: [(String, Table.Cell)] {
        let left = [("in flight", count("in_flight")), ("exist already", count("already_exists"))].filter { $0.1 > 0 }
        return [
            ("Runs to create", Table.Cell("\(count("created"))", .bold)),
            ("Runs to clear", Table.Cell("\(count("cleared"))", .bold)),
            ("Left alone", Table.Cell(left.map { "\($0.1) \($0.0)" }.joined(separator: ", "))),
            ("Task instances", Table.Cell("\(count("task_instances"))")), ("Duration", Table.Cell(durationSentence)),
        ] + (plan["pools"]?.elements ?? []).map { ("Pool", Table.Cell(Self.pool($0))) }
    }

    private var durationSentence: String {
        guard let duration, let median = seconds("median_run_seconds") else {
            return "unknown: no run has succeeded yet"
        }
        return "\(duration), \(min(atOnce, max(1, runs))) at once of \(Format.duration(median)) each"
    }

    private static func pool(_ pool: JSONValue) -> String {
        let name = Format.text(pool["pool"])
        let need = "\(name): up to \(Format.text(pool["slots_at_once"]))"
        switch pool["slots"] {
        case .int(-1)?: return "\(need) slots, no limit"
        case .int(let slots)?:
            return
                "\(need) of \(slots) slots\(pool["is_too_small"] == .bool(true) ? "; runs will wait for each other" : "")"
        default: return "\(name): there is no such pool, so its tasks wait (dagctl pools set \(name) SLOTS)"
        }
    }

    private func count(_ name: String) -> Int {
        if case .int(let count)? = plan[name] { Int(count) } else { 0 }
    }

    private func seconds(_ name: String) -> Double? {
        switch plan[name] {
        case .double(let seconds)?: seconds
        case .int(let seconds)?: Double(seconds)
        default: nil
        }
    }
}
