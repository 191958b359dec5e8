internal import DAGModel
internal import Foundation
internal import Hummingbird
internal import Store

// What a DAG file would change if it were deployed: `dagctl plan`.
extension API {
    var planRoutes: [Route] { [.post("/api/v2/dags/{dag_id}/plan") { try await planDAG($0) }] }

    /// A document may describe many tasks.
    private static let largestDocument = 64 << 20
    /// The running runs that an answer names.
    private static let namedRuns = 20

    /// Compares a DAG with a definition of it that is not deployed; without a document, with its removal. Nothing is changed.
    private func planDAG(_ request: APIRequest) async throws -> Response {
        let id = try request.path("dag_id")
        var body = try await request.body(known: ["artifact", "days", "document", "files"], upTo: Self.largestDocument)
        let code = (artifact: body.text("artifact"), files: body.text("files"))
        let days = body.days("days") ?? 7
        let document = body.document("document", of: id)
        try body.finish()
        let current = try await store.overview(id).flatMap { $0.dag.isPresent ? $0 : nil }
        if document == nil, current == nil { throw try await noDAG(id) }
        var runs = RunQuery(dagID: id, limit: Self.namedRuns)
        runs.states = [.queued, .running]
        return .json(
            .object([
                "dag_id": .string(id),
                "version_number": .number(current?.version.number),
                "change": .string(try change(from: current, to: document, code)),
                "changes": try changes(from: current, to: document),
                "schedule": try await scheduleEffect(current, document, until: now() + .seconds(days * 86_400)),
                "unfinished_runs": .page(
                    "dag_run_ids", try await store.runs(runs).map { .string($0.runID) },
                    total: try await store.count(runs)),
                "missing": .array(try await missing(document).map(\.answer)),
            ]))
    }

    private func change(
        from current: DAGOverview?, to document: DAGDocument?, _ code: (artifact: String?, files: String?)
    ) throws -> String {
        guard let document else { return "remove" }
        guard let current else { return "add" }
        if !(try DocumentChanges(from: current.version.document, to: document).isEmpty) { return "change" }
        let version = current.version
        let isSameCode = [(code.artifact, version.artifact), (code.files, version.files)].allSatisfy {
            $0 == nil || $0 == $1
        }
        return isSameCode ? "none" : "code"
    }

    private func changes(from current: DAGOverview?, to document: DAGDocument?) throws -> JSONValue {
        guard let current, let document else { return .null }
        var changes = try DocumentChanges(from: current.version.document, to: document)
        let (old, new) = (current.version.document.schedule.sentence, document.schedule.sentence)
        for index in changes.fields.indices where changes.fields[index].name == "schedule" && old != new {
            (changes.fields[index].old, changes.fields[index].new) = (.string(old), .string(new))
        }
        return changes.answer
    }

    /// The runs of the schedule that would be added and dropped.
    private func scheduleEffect(
        _ current: DAGOverview?, _ document: DAGDocument?, until end: Instant
    ) async throws -> JSONValue {
        let last = try await lastInterval(current)
        func forecast(_ document: DAGDocument?) throws -> ScheduleForecast {
            guard let document, !(current?.dag.isPaused ?? document.isPausedUponCreation) else {
                return ScheduleForecast()
            }
            return try ScheduleForecast(
                document, after: last, firstSeen: current?.dag.firstSeenAt ?? now(), now: now(), until: end
            ) { try ZoneFiles().zone($0) }
        }
        let (old, new) = (try forecast(current?.version.document), try forecast(document))
        let (added, dropped) = (new.runs(notIn: old), old.runs(notIn: new))
        return .object([
            "until": .time(end),
            "is_paused": .bool(current?.dag.isPaused ?? document?.isPausedUponCreation ?? false),
            "runs_added": .number(added.count), "first_added": .time(added.first?.runAfter),
            "runs_dropped": .number(dropped.count), "first_dropped": .time(dropped.first?.runAfter),
            "is_cut": .bool(old.isCut || new.isCut),
        ])
    }

    private func lastInterval(_ current: DAGOverview?) async throws -> DataInterval? {
        guard let id = current?.dag.dagID, let run = try await store.lastScheduledRuns(dagIDs: [id])[id],
            let start = run.dataIntervalStart, let end = run.dataIntervalEnd
        else { return nil }
        return DataInterval(start: start, end: end)
    }

    /// What the document names and this installation does not have.
    private func missing(_ document: DAGDocument?) async throws -> [DAGReference] {
        guard let document else { return [] }
        let known = try await store.knownReferences()
        return document.references.filter { !known.has($0) }
    }
}

extension BodyReader {
    fileprivate mutating func days(_ name: String) -> Int? {
        switch members[name] {
        case nil: return nil
        case .int(let days)? where (1...3_660).contains(days): return Int(days)
        default:
            report(name, "int_type", "Input should be an integer from 1 to 3660")
            return nil
        }
    }

    fileprivate mutating func document(_ name: String, of id: String) -> DAGDocument? {
        guard let value = members[name], value != .null else { return nil }
        do {
            let document = try JSONDecoder().decode(DAGDocument.self, from: Data(value.compactJSON.utf8))
            if document.id == id { return document }
            report(name, "value_error", "Input should be the document of DAG \(id), is that of \(document.id)")
        } catch {
            report(name, "value_error", "Input should be a DAG as `dagctl dags test` describes it")
        }
        return nil
    }
}

extension DocumentChanges {
    fileprivate var answer: JSONValue {
        .object([
            "fields": .array(fields.map(\.answer)),
            "tasks_added": .array(addedTasks.map(JSONValue.string)),
            "tasks_removed": .array(removedTasks.map(JSONValue.string)),
            "tasks_changed": .array(
                changedTasks.map { .object(["task_id": .string($0.id), "fields": .array($0.fields.map(\.answer))]) }),
        ])
    }
}

extension DocumentChanges.Field {
    fileprivate var answer: JSONValue { .object(["name": .string(name), "old": old, "new": new]) }
}

extension DAGReference {
    fileprivate var answer: JSONValue {
        .object([
            "kind": .string(kind.rawValue), "name": .string(name), "task_id": .text(task), "line": .number(line),
            "remedy": .string(remedy),
        ])
    }
}
