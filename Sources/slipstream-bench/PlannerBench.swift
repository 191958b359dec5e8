import DAGModel
import Dispatch
import Foundation
import Glibc

/// The planner alone, without database and without workers: `slipstream-bench planner`. A transition is one change of state of one instance;
/// each instance makes four: scheduled, queued, running, success.
struct PlannerBench {
    private struct Shape {
        var name: String
        var document: DAGDocument
        /// The length of the list that a first task leaves.
        var listLength: Int?
    }

    private static let repetitions = 5

    func run() {
        // Finished runs are kept, so that memory grows by theirs and by nothing else.
        var finished: [RunPlan] = []
        for shape in [Self.fan(20_000), Self.mappedFan(20_000), Self.layers(10, width: 100)] {
            let graph = DAGGraph(shape.document)
            var (speeds, memory, before) = ([Double](), 0.0, 0)
            for _ in 0..<Self.repetitions {
                let (plan, transitions, seconds) = complete(shape, graph)
                finished.append(plan)
                speeds.append(Double(transitions) / seconds)
                if before == 0 { before = residentBytes() }
                memory = Double(residentBytes() - before) / Double(Self.repetitions - 1) / Double(transitions / 4)
            }
            report(shape.name, "transitions", speeds.max() ?? 0, "1/s")
            report(shape.name, "memory_per_instance", memory, "bytes")
        }
    }

    private func complete(_ shape: Shape, _ graph: DAGGraph) -> (RunPlan, transitions: Int, seconds: Double) {
        var plan = RunPlan(graph: graph)
        var transitions = 0
        let begin = DispatchTime.now().uptimeNanoseconds
        var ready = scheduled(plan.plan())
        while !ready.isEmpty {
            for key in ready {
                plan.note(key, .queued)
                plan.note(key, .running)
                _ = plan.end(key, .success(listLength: key.task == 0 ? shape.listLength : nil))
                transitions += 4
            }
            ready = scheduled(plan.plan())
        }
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
        precondition(plan.finalState == .success, "\(shape.name) ended as \(String(describing: plan.finalState))")
        return (plan, transitions, seconds)
    }

    /// What this process has in memory.
    private func residentBytes() -> Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    private func scheduled(_ changes: [InstanceChange]) -> [InstanceKey] {
        changes.filter { $0.state == .scheduled }.map(\.key)
    }

    private func report(_ workload: String, _ metric: String, _ value: Double, _ unit: String) {
        let name = workload.padding(toLength: 16, withPad: " ", startingAt: 0)
        print("\(name) \(metric.padding(toLength: 20, withPad: " ", startingAt: 0)) \(Int(value)) \(unit)")
    }

    private static func fan(_ width: Int) -> Shape {
        let inner = (0..<width).map { TaskDocument(id: "t\($0)", kind: .author, upstream: ["begin"]) }
        let tasks = [TaskDocument(id: "begin", kind: .author)] + inner
        let end = TaskDocument(id: "end", kind: .author, upstream: inner.map(\.id))
        return Shape(name: "planner_fan", document: DAGDocument(id: "fan", tasks: tasks + [end]))
    }

    private static func mappedFan(_ width: Int) -> Shape {
        let tasks = [
            TaskDocument(id: "begin", kind: .author),
            TaskDocument(
                id: "each", kind: .author, upstream: ["begin"], inputs: [TaskInput(task: "begin", kind: .element)]),
            TaskDocument(id: "end", kind: .author, upstream: ["each"]),
        ]
        return Shape(name: "planner_mapped", document: DAGDocument(id: "mapped", tasks: tasks), listLength: width)
    }

    private static func layers(_ count: Int, width: Int) -> Shape {
        let tasks = (0..<count).flatMap { layer in
            (0..<width).map { task in
                TaskDocument(
                    id: "t\(layer)_\(task)", kind: .author,
                    upstream: layer == 0 ? [] : (0..<width).map { "t\(layer - 1)_\($0)" })
            }
        }
        return Shape(name: "planner_layers", document: DAGDocument(id: "layers", tasks: tasks))
    }
}
