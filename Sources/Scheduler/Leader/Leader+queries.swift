internal import DAGModel
internal import Logging
internal import Postgres
internal import Store
internal import Supervision
internal import WorkerProtocol

/// Where the connections and variables of tasks come from.
package protocol SecretSource: Sendable {
    /// A connection as JSON with its secrets in clear, in the form that DAGKit's `TaskConnection` reads; nil when there is none.
    func connection(_ id: String) async throws -> [UInt8]?
    /// The text of a variable; nil when there is none.
    func variable(_ key: String) async throws -> [UInt8]?
}

// What attempts ask for.
extension Leader {
    /// Questions of one worker that are answered at once, and bytes that wait for one worker; above it is told to ask again.
    private static let maximumQueries = 1_000
    /// The most events of assets in one answer.
    private static let maximumEvents = 1_000
    private static let maximumBuffered = 2 * FrameLimit.toWorker

    func query(_ query: Query, _ id: UInt64, _ attempt: AttemptID, _ token: AttemptToken, _ worker: WorkerID) {
        guard let peer = peers[worker] else { return }
        guard openQueries[worker, default: 0] < Self.maximumQueries,
            peer.connection.bufferedBytes < Self.maximumBuffered
        else {
            return peer.send(.answer(id: id, .later))
        }
        openQueries[worker, default: 0] += 1
        Task {
            await answer(query, id, attempt, token, worker)
            openQueries[worker, default: 1] -= 1
            if openQueries[worker] == 0 { openQueries[worker] = nil }
        }
    }

    private func answer(_ query: Query, _ id: UInt64, _ attempt: AttemptID, _ token: AttemptToken, _ worker: WorkerID)
        async
    {
        let answer: QueryAnswer
        do {
            answer = try await self.answer(query, attempt, token)
        } catch let error as PostgresError where error.isConnectionLost {
            answer = .later
        } catch StoreError.outputUnreachable(let sentence) {
            answer = .failed(sentence)
        } catch let error as PostgresError {
            answer = .failed("\(error)")
        } catch {
            answer = .refused("\(error)")
        }
        peers[worker]?.send(.answer(id: id, answer))
    }

    private func answer(_ query: Query, _ attempt: AttemptID, _ token: AttemptToken) async throws -> QueryAnswer {
        guard let run = core.activeRun(of: attempt, token: token) else {
            return .refused("the attempt has ended: nothing is answered any more")
        }
        switch query {
        case .output(let task), .element(let task, _), .outputLength(let task), .elements(let task, _):
            guard run.isUpstream(task, of: attempt) else { return .refused("task \(task) is not upstream") }
            return try await read(query, task, run)
        case .keepOutput(let output): return try await keep(output, of: attempt, run)
        case .keepPart(let part):
            guard part.content.count <= LargeOutput.partSize else { return .refused("a part of an output is too long") }
            try await store.keepPart(part, attempt: attempt.rawValue)
            return .value([])
        case .connection(let id):
            guard run.work.connections.contains(id) else {
                return .refused("connection \(id) is not declared: add uses: [.connection(\"\(id)\")] to the task")
            }
            return try await secrets.connection(id).map(QueryAnswer.value)
                ?? .refused("there is no connection \(id): add it with `dagctl connections add \(id)`")
        case .variable(let key):
            guard run.work.variables.contains(key) else {
                return .refused("variable \(key) is not declared: add uses: [.variable(\"\(key)\")] to the task")
            }
            return try await secrets.variable(key).map(QueryAnswer.value)
                ?? .refused("there is no variable \(key): set it with `dagctl variables set \(key) VALUE`")
        case .triggeringAssetEvents:
            return .value(Array(try await store.assetEvents(causing: run.id, limit: Self.maximumEvents).json.utf8))
        case .inletEvents(let name, let uri, let count):
            let task = run.graph.tasks[run.key.task]
            guard task.inlets.contains(where: { $0.name == name && $0.uri == uri }) else {
                return .refused(
                    "asset \(name) is no inlet of task \(task.id)\(suggestionText(for: name, among: task.inlets.map(\.name))): "
                        + "declare it with .inlets(…)")
            }
            let limit = min(max(count, 0), Self.maximumEvents)
            return .value(
                Array(try await store.newestAssetEvents(of: AssetKey(name: name, uri: uri), limit: limit).json.utf8))
        case .artifact(let hash):
            guard hash == run.artifact || hash == run.files else {
                return .refused("artifact \(hash) is another run's")
            }
            guard let bytes = try await store.artifact(hash) else { return .refused("artifact \(hash) is missing") }
            guard bytes.count < FrameLimit.toWorker - 1_024 else {
                return .refused(
                    "artifact \(hash) has \(bytes.count) bytes; at most \(FrameLimit.toWorker) are sent to a worker")
            }
            return .value(bytes)
        }
    }
}

extension [AssetEventRecord] {
    /// As the body of a task reads them.
    fileprivate var json: String {
        JSONValue.array(
            map { event in
                var extra = JSONReader(event.extra)
                return .object([
                    "name": .string(event.asset.name), "uri": .string(event.asset.uri),
                    "at": .int(event.createdAt.microseconds),
                    "dag_id": event.sourceDAGID.map(JSONValue.string) ?? .null,
                    "task_id": event.sourceTaskID.map(JSONValue.string) ?? .null,
                    "run_id": event.sourceRunID.map(JSONValue.string) ?? .null,
                    "map_index": .int(Int64(event.sourceMapIndex)), "extra": extra.read() ?? .object([:]),
                ])
            }
        ).compactJSON
    }
}

/// What the leader needs to know of an attempt's run to answer a query.
struct QueriedRun {
    let id: Int64
    let artifact: String
    let files: String
    let upstream: Set<String>
    let work: TaskWork
    /// Of all tasks.
    let works: [TaskWork]
    let graph: DAGGraph
    let key: InstanceKey
    var isCallback = false

    func isUpstream(_ task: String, of attempt: AttemptID) -> Bool { upstream.contains(task) }
}

extension SchedulerCore {
    func run(of attempt: AttemptID) -> Int64? { attempts[attempt]?.run }

    func token(of attempt: AttemptID) -> AttemptToken? { attempts[attempt]?.token }

    func activeRun(of attempt: AttemptID, token: AttemptToken) -> QueriedRun? {
        guard let live = attempts[attempt], live.token == token, !live.isAbandoned else { return nil }
        if let delivery = live.delivery {
            return QueriedRun(
                id: live.run, artifact: delivery.version.record.artifact, files: delivery.version.record.files,
                upstream: [], work: delivery.work, works: delivery.version.work, graph: delivery.version.graph,
                key: live.key, isCallback: true)
        }
        guard let run = runs[live.run] else { return nil }
        let task = run.version.graph.tasks[live.key.task]
        return QueriedRun(
            id: live.run, artifact: run.version.record.artifact, files: run.version.record.files,
            upstream: Set(task.upstream), work: run.version.work[live.key.task],
            works: run.version.work, graph: run.version.graph, key: live.key
        )
    }
}
