import DAGModel

/// How the tasks of a run stand, as far as the server has told.
struct RunBoard {
    struct Task: Hashable {
        var id: String
        var states: [String: Int] = [:]
        var tries = 0
        var start: Instant?
        var end: Instant?
        var reason: String?

        var count: Int { states.values.reduce(0, +) }
        var isMapped: Bool { count > 1 }

        /// The state that says most about all instances together.
        var state: String {
            let order = [
                "failed", "running", "restarting", "up_for_retry", "awaiting_input", "up_for_reschedule",
                "deferred", "queued",
                "scheduled",
                "upstream_failed", "none", "success", "skipped", "removed",
            ]
            return order.first { states[$0] != nil } ?? "none"
        }

        /// `success`, or `25 success, 12 running` for a mapped task.
        var text: String {
            if !isMapped { return state }
            return states.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }.joined(
                separator: ", ")
        }

        var sentence: String { "task \(id) failed\(reason.map { ": \($0)" } ?? "")" }
    }

    /// A task that changed.
    struct Change: Hashable {
        var task: Task

        /// One line: the time, the task, its state, and what is worth telling of it.
        func line(at now: Instant) -> String {
            var line = "\(now.iso8601.dropFirst(11).prefix(8))  \(task.id): \(task.text)"
            if task.tries > 1 { line += ", try \(task.tries)" }
            if let start = task.start, let end = task.end, task.state == "success" || task.state == "failed" {
                line += " in \(Format.duration((end - start).inSeconds))"
            }
            if let reason = task.reason, task.state != "success" { line += " (\(reason))" }
            return line
        }
    }

    private var tasks: [Task]
    private(set) var state = "queued"

    init(tasks: [String]) { self.tasks = tasks.map { Task(id: $0) } }

    var hasEnded: Bool { state == "success" || state == "failed" }
    var failed: [Task] { tasks.filter { $0.states["failed"] != nil } }

    /// Takes over what the server told; returns the tasks that look different now.
    mutating func update(_ value: JSONValue) -> [Change] {
        if let state = value["state"]?.stringValue { self.state = state }
        return (value["tasks"]?.elements ?? []).compactMap { element in
            let new = Task(element)
            guard let index = tasks.firstIndex(where: { $0.id == new.id }) else {
                tasks.append(new)
                return Change(task: new)
            }
            let old = tasks[index]
            tasks[index] = new
            let isUntouched = new.state == "none" && !new.isMapped
            return (old.text, old.tries) == (new.text, new.tries) || isUntouched ? nil : Change(task: new)
        }
    }

    func table(now: Instant) -> Table {
        var table = Table(columns: [
            .init(title: "Task", least: 14, cutsMiddle: true), .init(title: "State", least: 12),
            .init(title: "Duration", alignsRight: true), .init(title: "Reason", least: 12, expendable: 1),
        ])
        table.rows = tasks.map { task in
            let duration = task.start.map { Format.duration(max(0, ((task.end ?? now) - $0).inSeconds)) }
            return [
                Table.Cell(task.id, .bold), Table.Cell(task.text, Style(state: task.state)),
                Table.Cell(duration ?? ""), Table.Cell(task.reason ?? ""),
            ]
        }
        return table
    }
}

extension RunBoard.Task {
    fileprivate init(_ value: JSONValue) {
        self.init(id: Format.text(value["task_id"]))
        if case .object(let states)? = value["states"] {
            self.states = states.compactMapValues { if case .int(let count) = $0 { Int(count) } else { nil } }
        }
        if case .int(let tries)? = value["try_number"] { self.tries = Int(tries) }
        start = Format.instant(value["start_date"])
        let isOver = states.keys.allSatisfy { TaskState(rawValue: $0)?.isFinished ?? false }
        end = isOver ? Format.instant(value["end_date"]) : nil
        reason = value["reason"]?.stringValue
    }
}
