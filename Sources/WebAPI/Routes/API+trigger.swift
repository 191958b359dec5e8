internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    /// Creates a run of the DAG's current version, as Airflow's `trigger_dag_run`.
    func trigger(_ request: APIRequest) async throws -> Response {
        let overview = try await overview(request)
        guard overview.dag.isPresent else {
            throw APIError.badRequest(
                "Dag \(overview.dag.dagID) is no longer in its bundle \(overview.dag.bundle) and cannot be triggered")
        }
        var body = try await request.body(known: TriggerRequest.fields)
        let trigger = TriggerRequest(&body, params: overview.version.document.params)
        try body.finish()
        let run = try trigger.run(of: overview.version, now: now(), suffix: randomRunSuffix())
        return .json(try await store.createRun(run, now: now()).answer(overview.version))
    }
}

/// What a trigger asks for.
struct TriggerRequest {
    let runID: String?
    let logicalDate: Instant?
    let runAfter: Instant?
    let interval: DataInterval?
    let params: [String: JSONValue]
    let note: String?

    static let fields = [
        "conf", "dag_run_id", "data_interval_end", "data_interval_start", "logical_date", "note", "partition_key",
        "run_after",
    ]

    /// - Parameter requiresDate: The logical date has to be there, be it null. Defaults to true.
    init(_ body: inout BodyReader, params document: ParamsDocument, requiresDate: Bool = true) {
        if requiresDate { body.require("logical_date") }
        logicalDate = body.instant("logical_date")
        runAfter = body.instant("run_after")
        note = body.text("note", longest: 1_000)
        runID = Self.runID(&body)
        interval = Self.interval(&body)
        let given = body.object("conf") ?? [:]
        params = document.merged(with: given)
        body.report(
            document.problems(in: given).map { problem in
                InvalidField(["body", "conf"] + problem.path, "value_error", "\(problem)")
            })
        if body.members["partition_key"] ?? .null != .null {
            body.report("partition_key", "value_error", "Partitioned runs do not exist here; leave it out")
        }
    }

    private static func runID(_ body: inout BodyReader) -> String? {
        guard let id = body.text("dag_run_id") else { return nil }
        let allowed = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_.~:+-".utf8.contains(byte)
            }
        }
        if !allowed || id.isEmpty || id == "~" {
            body.report(
                "dag_run_id", "value_error",
                "A run id has only letters, digits and _ . ~ : + -, and at least one of them")
        }
        return id
    }

    private static func interval(_ body: inout BodyReader) -> DataInterval? {
        let start = body.instant("data_interval_start")
        let end = body.instant("data_interval_end")
        switch (start, end) {
        case (nil, nil): return nil
        case (let start?, let end?) where start <= end: return DataInterval(start: start, end: end)
        case (_?, _?): body.report("data_interval_end", "value_error", "The interval ends before it starts")
        default:
            body.report(
                "data_interval_start", "value_error", "Give both data_interval_start and data_interval_end, or none")
        }
        return nil
    }

    /// The run to create. A run without a logical date has no data interval, and a random end in its id.
    func run(of version: VersionRecord, now: Instant, suffix: String, type: DAGRunType = .manual) throws -> NewRun {
        var due = runAfter ?? now
        var interval: DataInterval?
        if let logicalDate {
            let inferred = try self.interval ?? version.document.timetable.manualInterval(at: logicalDate)
            if self.interval == nil { due = inferred.end }
            interval = inferred
        }
        let name = "\(type.rawValue)__\(due.isoformat)" + (logicalDate == nil ? "_\(suffix)" : "")
        return NewRun(
            dagID: version.dagID, runID: runID ?? name, versionID: version.id, type: type, logicalDate: logicalDate,
            dataIntervalStart: interval?.start, dataIntervalEnd: interval?.end, runAfter: due,
            params: JSONValue.object(params).compactJSON, triggeredBy: "rest_api", note: note)
    }
}
