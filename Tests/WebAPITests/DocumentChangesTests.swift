import DAGModel
import Testing
import WebAPI

@Suite struct DocumentChangesTests {
    private func dag(_ tasks: [TaskDocument], _ schedule: Schedule = .manual) -> DAGDocument {
        DAGDocument(id: "dag", schedule: schedule, tasks: tasks)
    }

    @Test func `what stands in another line is the same`() throws {
        let changes = try DocumentChanges(
            from: dag([TaskDocument(id: "a", line: 3)]), to: dag([TaskDocument(id: "a", line: 30)]))
        #expect(changes.isEmpty)
    }

    @Test func `tasks that come, change and go are told, and which settings differ`() throws {
        let old = dag([TaskDocument(id: "a"), TaskDocument(id: "b", upstream: ["a"], retries: 1)])
        var new = dag(
            [TaskDocument(id: "b", retries: 2), TaskDocument(id: "c")], .cron("@daily", timezone: "UTC"))
        new.limits.failFast = true
        let changes = try DocumentChanges(from: old, to: new)
        #expect(changes.addedTasks == ["c"])
        #expect(changes.removedTasks == ["a"])
        #expect(changes.changedTasks.map(\.id) == ["b"])
        #expect(changes.changedTasks[0].fields.map(\.name) == ["retries", "upstream"])
        #expect(changes.changedTasks[0].fields[0].old == .int(1))
        #expect(changes.fields.map(\.name) == ["limits", "schedule"])
        #expect(changes.fields[0].old == .null)
    }
}
