package import DAGModel

extension AttemptSpec.Work {
    /// What an attempt of a task of this kind does.
    package init(_ kind: TaskKind) {
        switch kind {
        case .builtIn(let type, let fields): self = .builtIn(type: type, fields: Array(fields.compactJSON.utf8))
        case .author, .branch, .shortCircuit, .empty: self = .author
        }
    }
}
