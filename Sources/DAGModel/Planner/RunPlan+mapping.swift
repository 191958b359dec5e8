extension RunPlan {
    /// Creates the instances of a mapped task once its lists are known and its trigger rule lets it run; those of a mapped group once the
    /// group's lists are known. A length that is known from the beginning does not wait for the rule.
    mutating func expandDirtyTasks(into changes: inout [InstanceChange]) {
        let waiting = dirtyTasks.filter { tasks[$0].isAwaitingExpansion && tasks[$0].undecided > 0 }.sorted()
        let lists = waiting.map { listState(of: $0) }
        for (task, state) in zip(waiting, lists) {
            if let state { expand(task, state, into: &changes) }
        }
    }

    private mutating func expand(_ task: Int, _ state: ListState, into changes: inout [InstanceChange]) {
        let members = graph.mappedGroup[task].map { graph.mappedGroups[$0].members } ?? [task]
        for member in members
        where tasks[member].isAwaitingExpansion && self[InstanceKey(task: member)]?.state == TaskState.none {
            guard !tasks[member].isSteeredAway else { continue }
            switch state {
            case .length(let length):
                expand(member, into: length)
                noteListLengths(of: member)
                changes += (0..<length).map {
                    InstanceChange(key: InstanceKey(task: member, mapIndex: $0), from: nil, state: .none)
                }
            case .none(let state):
                if let change = decide(InstanceKey(task: member), state) { changes.append(change) }
            }
            markDirty(member)
        }
    }

    private func listState(of task: Int) -> ListState? {
        guard let expansion = graph.expansion(of: task) else { return nil }
        if !expansion.isLiteral || expansion.length({ _ in nil }) == 0 {
            guard graph.mappedGroup[task] != nil || mayExpand(task) else { return nil }
        }
        return listState(of: expansion)
    }

    private func mayExpand(_ task: Int) -> Bool {
        guard !tasks[task].isSteeredAway, !heldBack.contains(task) else { return false }
        let scope = tasks[task].scope
        if graph.rules[task] == .always { return true }
        guard graph.isTeardown[task] ? scope.isDone : scope.success + scope.removed >= scope.total else { return false }
        return graph.rules[task].decide(tasks[task].tally) == .run
    }

    private enum ListState {
        case length(Int)
        /// There will be no instances.
        case none(TaskState)
    }

    /// What is known of the lists: nil while a task that makes one is unfinished.
    ///
    /// Source: Airflow 3.3.2: a mapping over nothing is skipped, one over a failed task has failed with it.
    private func listState(of expansion: Expansion) -> ListState? {
        let sources = expansion.tasks.compactMap { graph.index[$0] }
        guard sources.allSatisfy({ tasks[$0].unfinished == 0 }) else { return nil }
        guard let length = expansion.length({ graph.index[$0].flatMap(length(of:)) }) else {
            let missing = sources.filter { length(of: $0) == nil }
            let isSkipped = missing.allSatisfy { tasks[$0].instances.first?.state == .skipped }
            return .none(isSkipped && !missing.isEmpty ? .skipped : .upstreamFailed)
        }
        if length == 0 { return .none(.skipped) }
        return length > maximumMapLength ? .none(.failed) : .length(length)
    }

    /// The length of the list that a finished task left; nil when it left none. A mapped task leaves the values of the instances that
    /// succeeded.
    private func length(of source: Int) -> Int? {
        guard !tasks[source].isExpanded else { return tasks[source].instances.count { $0.state == .success } }
        return tasks[source].instances.first?.state == .success ? tasks[source].listLength : nil
    }

    /// For a task with an ``Expansion``, its own or its group's: the place in each of its lists that an instance takes its elements from, in the order of the lists.
    public func elementPlaces(of key: InstanceKey) -> [Int] {
        guard key.mapIndex >= 0, let expansion = graph.combination(of: key.task) else { return [] }
        return expansion.places(of: key.mapIndex, lengths: tasks[key.task].listLengths)
    }

    mutating func expand(_ task: Int, into length: Int) {
        tasks[task].expand(into: length, isInMappedGroup: graph.mappedGroup[task] != nil)
        unfinished += length - 1
        for child in graph.downstream[task] { expect(length, of: task, in: child, .direct) }
        for other in graph.scoped[task] { expect(length, of: task, in: other, .scope) }
        guard graph.mappedGroup[task] != nil else { return }
        for parent in graph.upstream[task] { split(parent, task, .direct) }
        for parent in graph.scope[task] { split(parent, task, .scope) }
    }

    /// Remembers the lengths of the lists, so that each instance knows its places in them.
    mutating func noteListLengths(of task: Int) {
        guard let expansion = graph.combination(of: task) else { return }
        tasks[task].listLengths = expansion.lengths { graph.index[$0].flatMap(length(of:)) }.map { $0 ?? 0 }
    }

    /// A task waits for all instances of one that was just expanded, or, in one mapped group, for the one with the same index.
    private mutating func expect(_ length: Int, of task: Int, in child: Int, _ relation: Relation) {
        let isSetup = graph.isSetup[task]
        guard graph.sharesMappedGroup(task, child), tasks[child].isExpanded else {
            tasks[child].expect(length - 1, relation, isSetup: isSetup)
            return
        }
        tasks[child].expect(-1, relation, isSetup: isSetup)
        tasks[child].expectOneEach(relation, isSetup: isSetup)
    }

    /// A task of a mapped group was expanded after one upstream of it in the group.
    private mutating func split(_ parent: Int, _ task: Int, _ relation: Relation) {
        guard graph.sharesMappedGroup(parent, task), tasks[parent].isExpanded else { return }
        tasks[task].expect(-tasks[parent].instances.count, relation, isSetup: graph.isSetup[parent])
        tasks[task].expectOneEach(relation, isSetup: graph.isSetup[parent])
    }
}

extension Expansion {
    /// The tasks whose outputs are among the lists.
    public var tasks: [String] {
        sources.compactMap { source in
            if case .output(let task) = source { task } else { nil }
        }
    }

    /// All lists are known when the DAG is described.
    var isLiteral: Bool { tasks.isEmpty }

    func lengths(_ output: (String) -> Int?) -> [Int?] {
        sources.map { source in
            switch source {
            case .output(let task): output(task)
            case .literal(let count, _): count
            }
        }
    }

    /// The number of instances; nil when the length of a list is not known. Products too large to count are `Int.max`.
    func length(_ output: (String) -> Int?) -> Int? {
        let lengths = lengths(output)
        let known = lengths.compactMap(\.self)
        guard known.count == lengths.count else { return nil }
        switch form {
        case .zip: return known.min() ?? 0
        case .product:
            return known.contains(0) ? 0 : known.reduce(1, saturatedProduct)
        }
    }

    /// The place in each list for one instance; of a product the last list varies fastest.
    public func places(of mapIndex: Int, lengths: [Int]) -> [Int] {
        guard form == .product else { return sources.map { _ in mapIndex } }
        var rest = mapIndex
        return lengths.reversed().map { length in
            guard length > 0 else { return 0 }
            defer { rest /= length }
            return rest % length
        }.reversed()
    }
}

private func saturatedProduct(_ left: Int, _ right: Int) -> Int {
    let (product, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? .max : product
}
