internal import DAGModel
internal import WorkerProtocol

/// What an attempt of one task does, computed once for each version of a DAG.
struct TaskWork: Sendable {
    let work: AttemptSpec.Work
    /// The connections that an attempt may ask for.
    let connections: Set<String>
    /// The variables that an attempt may ask for.
    let variables: Set<String>
    /// Another task is mapped over the output: its length matters.
    let isMappedOver: Bool
    let holdsSlot: Bool
    /// The fingerprint of the output's type; nil when there is none.
    let outputSchema: String?

    init(_ task: TaskDocument, dag: DAGDocument, isMappedOver: Bool) {
        self.isMappedOver = isMappedOver
        outputSchema = task.outputSchema
        var connections: Set<String> = []
        var variables: Set<String> = []
        for use in dag.uses + task.uses {
            switch use.base {
            case .connection(let id): connections.insert(id)
            case .variable(let key): variables.insert(key)
            case .optional: break
            }
        }
        work = AttemptSpec.Work(task.kind)
        switch task.kind {
        case .builtIn(let type, let fields):
            if let connection = fields["connection"]?.stringValue { connections.insert(connection) }
            holdsSlot =
                !type.hasSuffix("sensor") && ![InputRequest.approvalType, InputRequest.questionType].contains(type)
        case .author, .branch, .shortCircuit, .empty:
            holdsSlot = true
        }
        self.connections = connections
        self.variables = variables
    }
}
