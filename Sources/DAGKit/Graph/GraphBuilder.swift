internal import DAGModel
internal import Synchronization

/// The code of one author task: takes the context and the inputs as JSON, returns the output as JSON (empty for none).
typealias TaskBody = @Sendable (TaskContext, [[UInt8]]) async throws -> [UInt8]

/// Collects what ``DAG/body()`` declares. Task functions find it through a task-local value, so that author code only names tasks.
final class GraphBuilder: Sendable {
    @TaskLocal private static var current: GraphBuilder?

    private struct State {
        var tasks: [TaskDocument] = []
        var index: [String: Int] = [:]
        var bodies: [String: TaskBody] = [:]
        var prefix = ""
        var problems: [DAGProblem] = []
    }

    private let state = Mutex(State())

    static func building(_ body: () -> Void) -> GraphBuilder {
        let builder = GraphBuilder()
        $current.withValue(builder) { body() }
        return builder
    }

    /// The builder of the `body()` that runs now.
    static func required(_ what: String, _ file: StaticString = #fileID, _ line: Int = #line) -> GraphBuilder {
        guard let current else {
            preconditionFailure("\(what) at \(file):\(line) stands outside body(): tasks are declared in body() only")
        }
        return current
    }

    var tasks: [TaskDocument] { state.withLock(\.tasks) }
    var problems: [DAGProblem] { state.withLock(\.problems) }
    var bodies: [String: TaskBody] { state.withLock(\.bodies) }

    /// Adds a task and returns its full id.
    func add(_ task: TaskDocument, body: TaskBody?) -> String {
        state.withLock { state in
            var task = task
            task.id = state.prefix + task.id
            task.upstream = unique(task.inputs.map(\.task))
            if let first = state.index[task.id] {
                state.problems.append(
                    DAGProblem(
                        "task id \"\(task.id)\" is used twice, first on line \(state.tasks[first].line)",
                        line: task.line))
                return task.id
            }
            state.index[task.id] = state.tasks.count
            state.bodies[task.id] = body
            state.tasks.append(task)
            return task.id
        }
    }

    func connect(_ upstream: [String], _ downstream: [String]) {
        state.withLock { state in
            for id in downstream {
                guard let index = state.index[id] else { continue }
                state.tasks[index].upstream = unique(state.tasks[index].upstream + upstream)
            }
        }
    }

    func group(_ id: String, _ declare: () -> Void) -> TaskGroup {
        let (outer, first) = state.withLock { state in
            defer { state.prefix += id + "." }
            return (state.prefix, state.tasks.count)
        }
        declare()
        return state.withLock { state in
            state.prefix = outer
            let members = state.tasks[first...]
            let ids = Set(members.map(\.id))
            let waited = Set(members.flatMap(\.upstream))
            return TaskGroup(
                id: outer + id,
                firstTaskIDs: members.filter { ids.isDisjoint(with: $0.upstream) }.map(\.id),
                lastTaskIDs: members.map(\.id).filter { !waited.contains($0) })
        }
    }
}

private func unique(_ ids: [String]) -> [String] {
    var seen: Set<String> = []
    return ids.filter { seen.insert($0).inserted }
}
