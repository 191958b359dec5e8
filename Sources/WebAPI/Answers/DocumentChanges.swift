package import DAGModel
internal import Foundation

/// What differs between two definitions of a DAG, by the names of the document's settings.
package struct DocumentChanges: Sendable, Hashable {
    /// A setting that differs; null where it is left at its default.
    package struct Field: Sendable, Hashable {
        package var name: String
        package var old: JSONValue
        package var new: JSONValue
    }

    package struct TaskChange: Sendable, Hashable {
        package var id: String
        package var fields: [Field]
    }

    /// Settings of the DAG itself.
    package var fields: [Field] = []
    package var addedTasks: [String] = []
    package var removedTasks: [String] = []
    package var changedTasks: [TaskChange] = []

    package var isEmpty: Bool { fields.isEmpty && addedTasks.isEmpty && removedTasks.isEmpty && changedTasks.isEmpty }

    /// Compares two definitions; where a task stands in its file does not matter.
    package init(from old: DAGDocument, to new: DAGDocument) throws {
        let (oldTasks, newTasks) = (Self.byID(old), Self.byID(new))
        addedTasks = new.tasks.map(\.id).filter { oldTasks[$0] == nil }
        removedTasks = old.tasks.map(\.id).filter { newTasks[$0] == nil }
        for task in new.tasks {
            guard let before = oldTasks[task.id] else { continue }
            let fields = try Self.fields(from: before, to: task, except: ["line"])
            if !fields.isEmpty { changedTasks.append(TaskChange(id: task.id, fields: fields)) }
        }
        fields = try Self.fields(from: old, to: new, except: ["tasks"])
    }

    private static func byID(_ document: DAGDocument) -> [String: TaskDocument] {
        Dictionary(document.tasks.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func fields<Value: Encodable>(
        from old: Value, to new: Value, except ignored: Set<String>
    ) throws -> [Field] {
        let (old, new) = (try members(old), try members(new))
        return Set(old.keys).union(new.keys).subtracting(ignored).sorted().compactMap { name in
            let (before, after) = (old[name] ?? .null, new[name] ?? .null)
            return before == after ? nil : Field(name: name, old: before, new: after)
        }
    }

    private static func members(_ value: some Encodable) throws -> [String: JSONValue] {
        guard case .object(let members) = try JSONValue(encoding: value) else { return [:] }
        return members
    }
}

extension JSONValue {
    /// What a value is in JSON.
    package init(encoding value: some Encodable) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    }
}
