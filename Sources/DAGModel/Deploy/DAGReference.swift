/// Something that a DAG names and that has to be there when it runs.
package struct DAGReference: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case pool, connection, variable
    }

    package var kind: Kind
    package var name: String
    /// The task that names it; nil when the DAG does, for all its tasks.
    package var task: String?
    /// The line of that task's declaration in the DAG file.
    package var line: Int?

    package init(kind: Kind, name: String, task: String? = nil, line: Int? = nil) {
        (self.kind, self.name, self.task, self.line) = (kind, name, task, line)
    }

    fileprivate init?(_ use: Use, task: String? = nil, line: Int? = nil) {
        switch use {
        case .connection(let name): self.init(kind: .connection, name: name, task: task, line: line)
        case .variable(let name): self.init(kind: .variable, name: name, task: task, line: line)
        case .optional: return nil
        }
    }

    /// How people make it.
    package var remedy: String {
        switch kind {
        case .pool: "dagctl pools set \(name) SLOTS"
        case .connection: "dagctl connections add \(name), or connections import"
        case .variable: "dagctl variables set \(name) VALUE"
        }
    }
}

extension DAGDocument {
    /// The pools, connections and variables that the DAG and its tasks name and that are not declared optional, in the order of the file.
    package var references: [DAGReference] {
        let ofTasks = tasks.flatMap { task -> [DAGReference] in
            [DAGReference(kind: .pool, name: task.limits.pool, task: task.id, line: task.line)]
                + task.uses.compactMap { DAGReference($0, task: task.id, line: task.line) }
        }
        return uses.compactMap { DAGReference($0) } + ofTasks
    }
}
