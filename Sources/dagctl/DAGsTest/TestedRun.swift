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

    /// Runs what the planner finds ready until the run has ended.
    private func drive(_ worker: LocalWorker) async throws -> DAGRunState {
        let graph = graph
        var plan = RunPlan(graph: graph)
        var attempts: Int64 = 0
        return try await withThrowingTaskGroup(of: (InstanceKey, AttemptOutcome).self) { group in
            while true {
                for change in plan.plan() {
                    tell(graph, change.key, change.state)
                    guard change.state == .scheduled else { continue }
                    attempts += 1
                    let spec = spec(plan, change.key, attempts)
                    plan.note(change.key, .queued)
                    plan.note(change.key, .running)
                    group.addTask { (change.key, try await worker.run(spec).outcome) }
                }
                if let state = plan.finalState { return state }
                guard let (key, outcome) = try await group.next() else { return .failed }
                finish(key, outcome, graph, &plan)
            }
        }
    }

    private func finish(_ key: InstanceKey, _ outcome: AttemptOutcome, _ graph: DAGGraph, _ plan: inout RunPlan) {
        let task = graph.tasks[key.task]
        let ended = EndedAttempt(outcome, of: task, isMappedOver: graph.isMappedOver(key.task))
        if ended.end.isSuccess { outputs.withLock { $0[task.id, default: [:]][key.mapIndex] = ended.output } }
        let state = plan.end(key, ended.end)
        tell(graph, key, state ?? .failed, ended.reason)
        if state == .upForRetry { _ = plan.retryIsDue(key) }
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
        case .output(let task): return .value(Array((output(of: task, for: spec) ?? "null").utf8))
        case .element(let task, let index): return element(of: task, index)
        case .artifact(let hash) where hash == dag.artifact.hash: return .value(dag.artifact.bytes)
        case .artifact: return dag.files.map { .value($0.bytes) } ?? .refused("there are no helper files")
        case .variable(let key): return .refused("variable \(key): tests have no variables")
        case .connection(let id):
            do {
                return try connections.json(id).map(QueryAnswer.value)
                    ?? .refused(
                        "there is no connection \(id): give --connections FILE or set AIRFLOW_CONN_\(id.uppercased())")
            } catch { return .refused("connection \(id): \(error)") }
        }
    }

    private func output(of task: String, for spec: AttemptSpec? = nil) -> String? {
        let source = spec.flatMap { spec in
            graph.index[spec.taskID].flatMap {
                graph.source(task, of: InstanceKey(task: $0, mapIndex: spec.mapIndex))
            }
        }
        return outputs.withLock { outputs in
            guard let values = outputs[task] else { return nil }
            if let source { return values[source] }
            if let single = values[-1] { return single.isEmpty ? nil : single }
            return "[" + values.sorted { $0.key < $1.key }.map(\.value).joined(separator: ",") + "]"
        }
    }

    private func element(of task: String, _ index: Int) -> QueryAnswer {
        var reader = JSONReader(output(of: task) ?? "null")
        guard case .array(let elements)? = reader.read(), elements.indices.contains(index) else {
            return .refused("the output of task \(task) has no element \(index)")
        }
        return .value(Array(elements[index].compactJSON.utf8))
    }
}
