/// Some of a DAG's tasks, for runs that do only these: the others are skipped, or stay as they are in a run that begins again, and no task
/// of the subset waits for one of them.
package struct TaskSubset: Sendable, Hashable {
    package let taskIDs: Set<String>

    package init(_ taskIDs: Set<String>) { self.taskIDs = taskIDs }

    /// The named tasks, with their setups and teardowns.
    package init(_ taskIDs: [String], in graph: DAGGraph) {
        let chosen = graph.chosen(by: InstanceSelection(tasks: taskIDs.map { .init($0) }))
        self.taskIDs = Set(chosen.keys.map { graph.tasks[$0].id })
    }

    package func contains(_ task: TaskDocument) -> Bool { taskIDs.contains(task.id) }

    /// The edges that count in such a run: none from a task outside into the subset.
    func edges(_ tasks: [TaskDocument], _ upstream: [[Int]]) -> [[Int]] {
        tasks.indices.map { task in
            contains(tasks[task]) ? upstream[task].filter { contains(tasks[$0]) } : upstream[task]
        }
    }

    /// Tasks outside whose outputs tasks of the subset take, with one that does: a new run has no such output.
    package func missingInputs(in dag: DAGDocument) -> [(task: String, source: String)] {
        dag.tasks.filter(contains).flatMap { task -> [(task: String, source: String)] in
            let group = dag.groups.filter { $0.expansion != nil }.first { group in
                task.group.map { "\($0).".hasPrefix(group.id + ".") } ?? false
            }
            let sources = task.inputs.map(\.task) + (group?.expansion?.tasks ?? [])
            return sources.filter { !taskIDs.contains($0) }.map { (task.id, $0) }
        }
    }
}
