internal import DAGModel
internal import Synchronization

/// The code of one author task: takes the context and the inputs as JSON, returns the output as JSON (empty for none).
typealias TaskBody = @Sendable (TaskContext, [[UInt8]]) async throws -> [UInt8]

/// Collects what ``DAG/body()`` declares. Task functions find it through a task-local value, so that author code only names tasks.
final class GraphBuilder: Sendable {
    @TaskLocal private static var current: GraphBuilder?

    struct State {
        var tasks: [TaskDocument] = []
        var index: [String: Int] = [:]
        var bodies: [String: TaskBody] = [:]
        var callbacks: [String: TaskCallbacks] = [:]
        var prefix = ""
        var group: String?
        var groups: [TaskGroupDocument] = []
        var defaults: DefaultArgs
        var problems: [DAGProblem] = []
        var literals: GroupLiterals = [:]
    }

    private let state: Mutex<State>
    let schedule: Schedule

    private init(defaults: DefaultArgs, schedule: Schedule) {
        state = Mutex(State(defaults: defaults))
        self.schedule = schedule
    }

    static func building(
        defaults: DefaultArgs = DefaultArgs(), schedule: Schedule = .manual, _ body: () -> Void
    ) -> GraphBuilder {
        let builder = GraphBuilder(defaults: defaults, schedule: schedule)
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

    /// What the tasks declared now get unless they say otherwise.
    static var currentDefaults: DefaultArgs { current?.state.withLock(\.defaults) ?? DefaultArgs() }

    var groups: [TaskGroupDocument] { state.withLock(\.groups) }
    var tasks: [TaskDocument] { state.withLock(\.tasks) }
    var problems: [DAGProblem] { state.withLock(\.problems) }
    var bodies: [String: TaskBody] { state.withLock(\.bodies) }
    var literals: GroupLiterals { state.withLock(\.literals) }
    var callbacks: [String: TaskCallbacks] { state.withLock(\.callbacks) }

    /// Adds a task and returns its full id.
    func add(_ task: TaskDocument, body: TaskBody?) -> String {
        state.withLock { state in
            var task = task
            task.id = state.prefix + task.id
            task.group = state.group
            for element in task.inputs where element.task.hasPrefix(GroupElementName.prefix) {
                state.problems.append(
                    DAGProblem(
                        "task \(task.id): a template, or a list to map over, cannot be an \(element.task): make it the output of a task "
                            + "of the group first", line: task.line))
            }
            task.inputs.removeAll { $0.task.hasPrefix(GroupElementName.prefix) }
            task.upstream = unique(task.inputs.map(\.task).filter { !$0.isEmpty })
            if let first = state.index[task.id] {
                state.problems.append(
                    DAGProblem(
                        "task id \"\(task.id)\" is used twice, first on line \(state.tasks[first].line)",
                        line: task.line))
                return task.id
            }
            state.index[task.id] = state.tasks.count
            state.bodies[task.id] = body
            let callbacks = TaskCallbacks(state.defaults)
            state.callbacks[task.id] = callbacks
            task.callbacks = callbacks.kinds
            state.tasks.append(task)
            return task.id
        }
    }

    func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result { state.withLock { body(&$0) } }

    func connect(_ upstream: [String], _ downstream: [String]) {
        state.withLock { state in
            for id in downstream {
                guard let index = state.index[id] else { continue }
                state.tasks[index].upstream = unique(state.tasks[index].upstream + upstream)
            }
        }
    }

    func setCallback(_ id: String, _ kind: CallbackKind, _ callback: Callback) {
        state.withLock { state in
            guard let index = state.index[id] else { return }
            state.callbacks[id]?.set(kind, callback)
            state.tasks[index].callbacks = state.callbacks[id]?.kinds ?? []
        }
    }

    func setLimits(_ id: String, _ body: (inout TaskLimits) -> Void) { change(id) { body(&$0.limits) } }

    /// Changes a task that was declared before.
    func change(_ id: String, _ body: (inout TaskDocument) -> Void) {
        state.withLock { state in
            guard let index = state.index[id] else { return }
            body(&state.tasks[index])
        }
    }

    func setRole(_ id: String, _ role: TaskRole, setups: [String] = []) {
        state.withLock { state in
            guard let index = state.index[id] else { return }
            let task = state.tasks[index]
            if role.isTeardown, task.triggerRule != .allSuccess, task.triggerRule != .allDoneSetupSuccess,
                task.triggerRule != state.defaults.triggerRule
            {
                state.problems.append(
                    DAGProblem(
                        "teardown \(id): its trigger rule is always all_done_setup_success; remove triggerRule",
                        line: task.line))
            }
            if role.isTeardown { state.tasks[index].triggerRule = .allDoneSetupSuccess }
            state.tasks[index].role = role
            for setup in setups.compactMap({ state.index[$0] }) { state.tasks[setup].role = .setup }
        }
        if !setups.isEmpty { connect(setups, [id]) }
    }
}

private func unique(_ ids: [String]) -> [String] {
    var seen: Set<String> = []
    return ids.filter { seen.insert($0).inserted }
}
