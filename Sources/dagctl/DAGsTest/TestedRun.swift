import DAGModel
import Foundation
import Logging
import Scheduler
internal import Supervision
import Synchronization
import Worker
import WorkerProtocol

/// One run of a DAG in the terminal: the scheduler's planner and a worker of its own, without a database.
final class TestedRun: Sendable {
    private let dag: FoundDAG
    private let params: JSONValue
    private let connections: TestConnections
    private let date: Instant
    private let slots: Int
    private let graph: DAGGraph
    private let outputs = Mutex<[String: [Int: String]]>([:])
    /// What attempts have left of outputs above 64 KiB.
    private let parts = Mutex<[InstanceKey: [UInt8]]>([:])
    /// How often an instance has waited in its try.
    private let waits = Mutex<[InstanceKey: Int]>([:])

    init(dag: FoundDAG, params: JSONValue, connections: TestConnections, date: Instant, slots: Int) {
        self.dag = dag
        graph = DAGGraph(dag.document)
        self.params = params
        self.connections = connections
        self.date = date
        self.slots = slots
    }

    func run() async throws -> DAGRunState {
        let worker = try await LocalWorker(workerOptions, log: ServiceLog.make("worker"), peer: peer)
        let state: DAGRunState
        do { state = try await drive(worker) } catch {
            await worker.shutDown()
            throw error
        }
        await worker.shutDown()
        print("\(dag.document.id): \(state.rawValue)")
        return state
    }

    /// What the run waits for came to its end.
    private enum Step: Sendable {
        case ended(InstanceKey, AttemptOutcome)
        /// A wait is over; without a cause it was the whole task.
        case woke(InstanceKey, TaskWait?)
    }

    /// Runs what the planner finds ready until the run has ended.
    private func drive(_ worker: LocalWorker) async throws -> DAGRunState {
        let graph = graph
        var plan = RunPlan(graph: graph)
        var attempts: Int64 = 0
        var ready: [(key: InstanceKey, wait: TaskWait?)] = []
        return try await withThrowingTaskGroup(of: Step.self) { group in
            while true {
                for change in plan.plan() {
                    tell(graph, change.key, change.state)
                    if change.state == .scheduled { ready.append((change.key, nil)) }
                    guard change.state == .deferred, let wait = TimeWait(graph.tasks[change.key.task].kind) else {
                        continue
                    }
                    let pause = wait.end(intervalEnd: date, now: Format.now) - Format.now
                    group.addTask {
                        try await Task.sleep(for: max(pause, .zero))
                        return .woke(change.key, nil)
                    }
                }
                for (key, wait) in ready {
                    attempts += 1
                    var spec = spec(plan, key, attempts)
                    spec.resumption = wait
                    plan.note(key, .queued)
                    plan.note(key, .running)
                    group.addTask { [spec] in .ended(key, try await worker.run(spec).outcome) }
                }
                ready.removeAll()
                if let state = plan.finalState { return state }
                guard let step = try await group.next() else { return .failed }
                switch step {
                case .ended(let key, let outcome):
                    if let wait = suspend(key, outcome, graph, &plan) {
                        let pause = (wait.suspension.until ?? Format.now) - Format.now
                        group.addTask {
                            if wait.cause == .time { try await Task.sleep(for: max(pause, .zero)) }
                            return .woke(key, wait)
                        }
                    } else if finish(key, outcome, graph, &plan) {
                        ready.append((key, nil))
                    }
                case .woke(let key, nil): tell(graph, key, plan.end(key, .success()) ?? .failed)
                case .woke(let key, let wait): if plan.wake(key) { ready.append((key, wait)) }
                }
            }
        }
    }

    /// The wait of an attempt that gave its slot back; nil when it has ended, also because what it waits for cannot come here.
    private func suspend(
        _ key: InstanceKey, _ outcome: AttemptOutcome, _ graph: DAGGraph, _ plan: inout RunPlan
    ) -> TaskWait? {
        guard case .suspended(let suspension) = outcome, suspension.problem == nil else { return nil }
        let cause: WakeCause
        switch suspension.wait {
        case .poke, .time: cause = .time
        case .event: return nil
        case .person(let request):
            guard let answer = request.defaultAnswer(at: Format.now) else { return nil }
            cause = .answer(answer)
        }
        plan.note(key, suspension.state)
        tell(graph, key, suspension.state, suspension.sentence)
        let number =
            (waits.withLock { waits in
                waits[key, default: 0] += 1
                return waits[key] ?? 1
            })
        return TaskWait(suspension, number: number, since: Format.now, cause: cause)
    }

    /// Notes how an attempt ended.
    ///
    /// - Returns: Whether it is to be tried again.
    private func finish(
        _ key: InstanceKey, _ outcome: AttemptOutcome, _ graph: DAGGraph, _ plan: inout RunPlan
    ) -> Bool {
        let task = graph.tasks[key.task]
        waits.withLock { $0[key] = nil }
        let ended = EndedAttempt(Self.withoutOthers(outcome), of: task, isMappedOver: graph.isMappedOver(key.task))
        if ended.end.isSuccess {
            let kept = parts.withLock { $0.removeValue(forKey: key) }
            let output = ended.isKept ? String(decoding: kept ?? [], as: UTF8.self) : ended.output
            outputs.withLock { $0[task.id, default: [:]][key.mapIndex] = output }
        }
        let state = plan.end(key, ended.end)
        tell(graph, key, state ?? .failed, ended.reason)
        return state == .upForRetry && plan.retryIsDue(key)
    }

    /// In a test nobody sends events or answers.
    private static func withoutOthers(_ outcome: AttemptOutcome) -> AttemptOutcome {
        guard case .suspended(let suspension) = outcome, suspension.problem == nil else { return outcome }
        return .failed(
            AttemptFailure(
                .final,
                "the task \(suspension.sentence); in a test nothing else happens and nobody answers, so only a question with a default goes on"
            ))
    }

    private func tell(_ graph: DAGGraph, _ key: InstanceKey, _ state: TaskState, _ reason: String? = nil) {
        guard state != .none, state != .scheduled || reason != nil else { return }
        print(
            "\(graph.tasks[key.task].id)\(key.mapIndex < 0 ? "" : "[\(key.mapIndex)]"): \(state.rawValue)\(reason.map { ": " + $0 } ?? "")"
        )
    }

    private func spec(_ plan: RunPlan, _ key: InstanceKey, _ counter: Int64) -> AttemptSpec {
        let task = plan.graph.tasks[key.task]
        let runID = "test__\(date.isoformat)"
        return AttemptSpec(
            id: AttemptID(epoch: 0, counter: counter), token: .random(), dagID: dag.document.id, runID: runID,
            taskID: task.id, mapIndex: key.mapIndex, tryNumber: plan[key]?.tryNumber ?? 1, logicalDate: date,
            dataIntervalStart: date,
            dataIntervalEnd: date, params: Array(params.compactJSON.utf8), artifact: dag.artifact.hash,
            files: dag.files?.hash ?? "", documentHash: dag.fingerprint, work: AttemptSpec.Work(task.kind),
            inputs: task.inputs, executionTimeout: task.executionTimeout,
            elementPlaces: plan.elementPlaces(of: key))
    }

    private var workerOptions: WorkerOptions {
        WorkerOptions(
            leader: .unix(path: "/nonexistent"), token: "", name: "test", slots: slots,
            dataFolder: dag.scratch + "/worker",
            runner: Installation.current.runner, program: Installation.current.program)
    }

    private var peer: LocalWorker.Peer {
        LocalWorker.Peer(
            answer: { [self] spec, query in answer(query, spec) },
            log: { _, bytes in FileHandle.standardOutput.write(Data(bytes)) })
    }

    private func answer(_ query: Query, _ spec: AttemptSpec) -> QueryAnswer {
        switch query {
        case .output(let task): return whole(task, for: spec)
        case .element(let task, let index):
            return elements(of: task, for: spec).flatMap { index >= 0 && index < $0.count ? .value($0[index]) : nil }
                ?? .refused("the output of task \(task) has no element \(index)")
        case .elements(let task, let index):
            let rest = (elements(of: task, for: spec) ?? []).dropFirst(max(0, index)).prefix(1_000)
            return .value(Array("[".utf8) + Array(rest.joined(separator: Array(",".utf8))) + Array("]".utf8))
        case .outputLength(let task):
            return .value(Array((elements(of: task, for: spec).map { "\($0.count)" } ?? "null").utf8))
        case .keepOutput(let output): return begin(output, of: spec)
        case .keepPart(let part):
            if let key = key(of: spec) { parts.withLock { $0[key, default: []] += part.content } }
            return .value([])
        case .artifact(let hash) where hash == dag.artifact.hash: return .value(dag.artifact.bytes)
        case .artifact: return dag.files.map { .value($0.bytes) } ?? .refused("there are no helper files")
        case .triggeringAssetEvents, .inletEvents: return .value(Array("[]".utf8))
        case .variable(let key): return .refused("variable \(key): tests have no variables")
        case .connection(let id):
            do {
                return try connections.json(id).map(QueryAnswer.value)
                    ?? .refused(
                        "there is no connection \(id): give --connections FILE or set AIRFLOW_CONN_\(id.uppercased())")
            } catch { return .refused("connection \(id): \(error)") }
        }
    }

    private func whole(_ task: String, for spec: AttemptSpec) -> QueryAnswer {
        let value = output(of: task, for: spec) ?? "null"
        guard value.utf8.count <= LargeOutput.greatestLimit else {
            return .refused(LargeOutput.refusalToGive(task, size: value.utf8.count))
        }
        return .value(Array(value.utf8))
    }

    private func output(of task: String, for spec: AttemptSpec?) -> String? {
        let source = spec.flatMap(key).flatMap { graph.source(task, of: $0) }
        return outputs.withLock { outputs in
            guard let values = outputs[task] else { return nil }
            if let source { return values[source] }
            if let single = values[-1] { return single.isEmpty ? nil : single }
            return "[" + values.sorted { $0.key < $1.key }.map(\.value).joined(separator: ",") + "]"
        }
    }

    private func elements(of task: String, for spec: AttemptSpec?) -> [[UInt8]]? {
        let json = Array((output(of: task, for: spec) ?? "").utf8)
        return JSONElements.ranges(in: json)?.map { Array(json[$0]) }
    }

    private func key(of spec: AttemptSpec) -> InstanceKey? {
        graph.index[spec.taskID].map { InstanceKey(task: $0, mapIndex: spec.mapIndex) }
    }

    private func begin(_ output: LargeOutput, of spec: AttemptSpec) -> QueryAnswer {
        guard output.size <= LargeOutput.usualLimit else {
            return .refused(LargeOutput.refusal(size: output.size, limit: LargeOutput.usualLimit))
        }
        if let key = key(of: spec) { parts.withLock { $0[key] = [] } }
        return .value([])
    }
}
