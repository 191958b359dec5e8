/// A group of tasks that runs once for each element of its lists.
public struct MappedGroup: Sendable {
    public let id: String
    public let expansion: Expansion
    /// The tasks inside, by index.
    public let members: [Int]
}

extension DAGGraph {
    /// Mapped groups do not nest; `validate()` says so.
    static func mappedGroups(_ document: DAGDocument) -> ([MappedGroup], [Int?]) {
        let mapped = document.groups.filter { $0.expansion != nil }
        guard !mapped.isEmpty else { return ([], [Int?](repeating: nil, count: document.tasks.count)) }
        let place = document.tasks.map { task -> Int? in
            guard let group = task.group else { return nil }
            return mapped.firstIndex { group == $0.id || group.hasPrefix($0.id + ".") }
        }
        let groups = mapped.enumerated().compactMap { number, group in
            group.expansion.map { expansion in
                MappedGroup(
                    id: group.id, expansion: expansion, members: place.indices.filter { place[$0] == number })
            }
        }
        return (groups, place)
    }

    /// Other tasks are mapped over the output of a task.
    package func isMappedOver(_ task: Int) -> Bool { !listReaders[task].isEmpty }

    /// The lists that a task is mapped over, itself or with its group; nil for a task with one instance.
    func expansion(of task: Int) -> Expansion? {
        if let group = mappedGroup[task] { return mappedGroups[group].expansion }
        return tasks[task].lists
    }

    /// How several lists make the instances of a task; nil for one that is mapped over a single list, where the place is the map index.
    func combination(of task: Int) -> Expansion? {
        mappedGroup[task].map { mappedGroups[$0].expansion } ?? tasks[task].expansion
    }

    /// The instance of a task whose value one of another task's instances receives: in one mapped group that with the same index, else
    /// nil, for all.
    package func source(_ task: String, of key: InstanceKey) -> Int? {
        guard let source = index[task], sharesMappedGroup(key.task, source) else { return nil }
        return key.mapIndex
    }

    /// Whether both tasks are in the same mapped group: then instances depend on those with the same index only.
    func sharesMappedGroup(_ task: Int, _ other: Int) -> Bool {
        mappedGroup[task].map { $0 == mappedGroup[other] } ?? false
    }
}

extension TaskDocument {
    /// The lists that the task itself is mapped over.
    var lists: Expansion? {
        if let expansion { return expansion }
        if let mappedCount { return Expansion(.product, [.literal(count: mappedCount, hash: mappedHash)]) }
        return mappedOver.map { Expansion(.product, [.output(task: $0)]) }
    }
}
