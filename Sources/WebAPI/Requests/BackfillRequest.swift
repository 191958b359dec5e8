internal import DAGModel

/// What a backfill is to do: Airflow's `BackfillPostBody`, and `task_ids`.
struct BackfillRequest {
    let dagID: String
    let spec: BackfillSpec

    static let fields = [
        "dag_id", "dag_run_conf", "from_date", "max_active_runs", "reprocess_behavior", "run_backwards",
        "run_on_latest_version", "task_ids", "to_date",
    ]

    init(_ body: BodyReader) throws(APIError) {
        var body = body
        for name in ["dag_id", "from_date", "to_date"] where body.members[name] ?? .null == .null {
            body.report(name, "missing", "Field required")
        }
        dagID = body.text("dag_id") ?? ""
        let (from, to) = (body.instant("from_date"), body.instant("to_date"))
        var spec = BackfillSpec(from: from ?? Instant(seconds: 0), to: to ?? Instant(seconds: 0))
        if let reprocess = body.reprocessBehavior() { spec.reprocess = reprocess }
        spec.isReversed = body.bool("run_backwards") ?? false
        if let maximum = body.count("max_active_runs") { spec.maxActiveRuns = maximum }
        if body.members["run_on_latest_version"] ?? .null != .null {
            spec.movesToVersion = body.bool("run_on_latest_version") ?? true
        }
        spec.params = body.object("dag_run_conf")
        spec.taskIDs = body.texts("task_ids")
        self.spec = spec
        try body.finish()
    }
}

extension BodyReader {
    fileprivate mutating func reprocessBehavior() -> ReprocessBehavior? {
        guard let text = text("reprocess_behavior") else { return nil }
        if let behavior = ReprocessBehavior(rawValue: text) { return behavior }
        let known = ReprocessBehavior.allCases.map(\.rawValue)
        report(
            "reprocess_behavior", "enum",
            "Input should be one of \(known.joined(separator: ", "))\(suggestionText(for: text, among: known))")
        return nil
    }

    fileprivate mutating func count(_ name: String) -> Int? {
        switch members[name] {
        case nil: return nil
        case .int(let value)? where (1...Int64(Int32.max)).contains(value): return Int(value)
        default:
            report(name, "int_type", "Input should be an integer of at least 1")
            return nil
        }
    }

    fileprivate mutating func texts(_ name: String) -> [String]? {
        guard let value = members[name], value != .null else { return nil }
        if case .array(let entries) = value {
            let texts = entries.compactMap(\.stringValue)
            if texts.count == entries.count { return texts }
        }
        report(name, "list_type", "Input should be a list of task ids")
        return nil
    }
}
