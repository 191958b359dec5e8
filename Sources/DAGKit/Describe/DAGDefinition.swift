package import DAGModel
internal import FoundationEssentials

/// A DAG whose `body()` has been evaluated: its document and the code of its author tasks.
package struct DAGDefinition: Sendable {
    package let document: DAGDocument
    package let problems: [DAGProblem]
    let bodies: [String: TaskBody]
    /// Of each task.
    let callbacks: [String: TaskCallbacks]
    /// Of the runs.
    let runCallbacks: TaskCallbacks
    let deadlines: [DeadlineAlert]
    /// The known lists of mapped groups.
    let literals: GroupLiterals

    package init<Definition: DAG>(_ type: Definition.Type) throws {
        let dag = type.init()
        let schedule = dag.schedule
        let graph = GraphBuilder.building(defaults: dag.defaultArgs, schedule: schedule) { dag.body() }
        bodies = graph.bodies
        callbacks = graph.callbacks
        runCallbacks = TaskCallbacks(onFailure: dag.onFailure, onSuccess: dag.onSuccess)
        literals = graph.literals
        var document = DAGDocument(
            id: dag.id, description: dag.description.isEmpty ? nil : dag.description, schedule: schedule,
            start: dag.start == .unset ? nil : Instant(dag.start), end: dag.end == .unset ? nil : Instant(dag.end),
            catchup: dag.catchup,
            maxActiveRuns: schedule.isContinuous ? 1 : dag.maxActiveRuns,
            isPausedUponCreation: dag.isPausedUponCreation,
            tags: dag.tags, owner: dag.owner, params: try Self.params(Definition.Params.self), uses: dag.uses,
            tasks: graph.tasks)
        document.groups = graph.groups
        document.limits.maxActiveTasks = dag.maxActiveTasks
        document.limits.dagrunTimeout = dag.dagrunTimeout?.inSeconds
        document.limits.maxConsecutiveFailedRuns = dag.maxConsecutiveFailedRuns
        document.limits.failFast = dag.failFast
        document.callbacks = runCallbacks.kinds
        deadlines = dag.deadlines
        document.deadlines = deadlines.map(\.document)
        self.document = document
        problems = graph.problems + document.validate()
    }

    /// The code that is called for an event; nil when the DAG has none.
    func callback(for event: CallbackEvent) -> Callback.Body? {
        if let deadline = event.deadline {
            return deadlines.indices.contains(deadline.index) ? deadlines[deadline.index].callback.body : nil
        }
        guard let task = event.taskID else { return runCallbacks[event.kind] }
        return callbacks[task]?[event.kind]
    }

    /// The description that the runner prints.
    func description() throws -> DAGDescription {
        DAGDescription(document: document, problems: problems, fingerprint: try fingerprint())
    }

    /// Equal documents have equal fingerprints, in every process and on every machine.
    package func fingerprint() throws -> String { DAGModel.fingerprint(of: try encodeOutput(document)) }

    private static func params<Params: DAGParams>(_ type: Params.Type) throws -> ParamsDocument {
        guard Params.self != NoParams.self else { return .none }
        let defaults = try JSONDecoder().decode([String: JSONValue].self, from: JSONEncoder().encode(Params()))
        return ParamsDocument(schema: SchemaProbe.schema(of: type), defaults: defaults)
    }
}
