import DAGBundles
import DAGModel

/// What deploying would change, for people and for programs.
struct DeployPlan {
    struct DAG {
        /// Relative to the bundle's root.
        var file: String
        /// What the server says of it.
        var answer: JSONValue
    }

    /// Files that do not compile, or are no DAGs.
    var errors: [ImportError]
    var dags: [DAG] = []

    var hasErrors: Bool { !errors.isEmpty || dags.contains { !$0.missing.isEmpty } }

    func show(_ format: OutputFormat) {
        if format == .json { return print(json.indentedJSON) }
        for line in lines(.current) { print(line) }
    }

    private var json: JSONValue {
        .object([
            "dags": .array(
                dags.map { dag in
                    guard case .object(var members) = dag.answer else { return dag.answer }
                    members["file"] = .string(dag.file)
                    return .object(members)
                }),
            "import_errors": .array(
                errors.map {
                    .object([
                        "file": .string($0.file), "line": $0.line.map { .int(Int64($0)) } ?? .null,
                        "message": .string($0.message),
                    ])
                }),
        ])
    }

    func lines(_ terminal: Terminal) -> [String] {
        dags.flatMap { $0.lines(terminal) }
            + errors.map { Style(state: "failed").applied(to: "error: \($0)", terminal) }
            + [summary]
    }

    private var summary: String {
        func count(_ changes: String...) -> Int { dags.count { changes.contains($0.change) } }
        let errors = errors.count + dags.map(\.missing.count).reduce(0, +)
        return "\(count("add")) to add, \(count("change", "code")) to change, \(count("remove")) to remove, "
            + "\(count("none")) unchanged; \(errors == 0 ? "no errors" : errors == 1 ? "1 error" : "\(errors) errors")"
    }
}

extension DeployPlan.DAG {
    var change: String { Format.text(answer["change"]) }
    var missing: [JSONValue] { answer["missing"]?.elements ?? [] }

    func lines(_ terminal: Terminal) -> [String] {
        let details =
            (change == "none" ? [] : definition + schedule + unfinished).map { Line(text: $0, style: .plain) }
            + missing.map { Line(text: error($0), style: Style(state: "failed")) }
        guard change != "none" || !details.isEmpty else { return [] }
        return [
            sign.style.applied(to: "\(sign.text) \(Format.text(answer["dag_id"]))", terminal) + "  \(file)\(version)"
        ]
            + details.flatMap { line in
                Fields.wrapped(line.text, to: terminal.width.map { max(20, $0 - 4) }).enumerated().map { index, part in
                    (index == 0 ? "    " : "      ") + line.style.applied(to: part, terminal)
                }
            }
    }

    private struct Line {
        var text: String
        var style: Style
    }

    private var sign: (text: String, style: Style) {
        switch change {
        case "add": ("+", Style(state: "success"))
        case "remove": ("-", Style(state: "failed"))
        case "none": ("=", .bold)
        default: ("~", Style(state: "up_for_retry"))
        }
    }

    private var version: String {
        switch change {
        case "change", "code": ", now version \(Format.text(answer["version_number"]))"
        case "remove": ", no longer in the folder"
        default: ""
        }
    }

    private var definition: [String] {
        if change == "code" { return ["the code of its tasks, the definition stays"] }
        guard let changes = answer["changes"] else { return [] }
        func tasks(_ name: String, _ sign: String) -> [String] {
            (changes[name]?.elements ?? []).map { "\(sign) task \(Format.text($0))" }
        }
        let changed = (changes["tasks_changed"]?.elements ?? []).map { task in
            "~ task \(Format.text(task["task_id"])): " + fields(task).joined(separator: "; ")
        }
        return fields(changes).map { "~ \($0)" } + tasks("tasks_added", "+") + tasks("tasks_removed", "-") + changed
    }

    private func fields(_ value: JSONValue) -> [String] {
        (value["fields"]?.elements ?? []).map { field in
            "\(Format.text(field["name"])) \(Self.short(field["old"])) → \(Self.short(field["new"]))"
        }
    }

    private static func short(_ value: JSONValue?) -> String {
        let text = value == nil || value == .null ? "(default)" : value?.compactJSON ?? ""
        return text.count > 60 ? text.prefix(59) + "…" : text
    }

    private var schedule: [String] {
        guard let schedule = answer["schedule"] else { return [] }
        let parts = [("runs_added", "first_added", "more"), ("runs_dropped", "first_dropped", "fewer")].compactMap {
            count, first, word -> String? in
            guard case .int(let number)? = schedule[count], number > 0 else { return nil }
            return "\(number) \(word), the first for \(Format.time(schedule[first])) UTC"
        }
        guard !parts.isEmpty else {
            return schedule["is_paused"] == .bool(true) ? ["paused: its schedule makes no runs"] : []
        }
        let cut = schedule["is_cut"] == .bool(true) ? " at least" : ""
        return [
            "scheduled runs until \(Format.time(schedule["until"]).prefix(10)):\(cut) " + parts.joined(separator: "; ")
        ]
    }

    private var unfinished: [String] {
        guard case .int(let total)? = answer["unfinished_runs"]?["total_entries"], total > 0 else { return [] }
        let names = (answer["unfinished_runs"]?["dag_run_ids"]?.elements ?? []).map(Format.text)
        let more = Int(total) > names.count ? " and \(Int(total) - names.count) more" : ""
        return [
            "\(total) unfinished \(total == 1 ? "run goes" : "runs go") on as begun: \(names.joined(separator: ", "))\(more)"
        ]
    }

    private func error(_ missing: JSONValue) -> String {
        var place = file
        if case .int(let line)? = missing["line"] { place += ":\(line)" }
        let task = missing["task_id"]?.stringValue.map { " of task \($0)" } ?? ""
        return
            "error: \(place): the \(Format.text(missing["kind"])) \(Format.text(missing["name"]))\(task) is not there: "
            + Format.text(missing["remedy"])
    }
}
