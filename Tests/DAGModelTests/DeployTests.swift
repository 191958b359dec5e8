import DAGModel
import Testing

@Suite struct DeployTests {
    private func dag(_ tasks: [TaskDocument], _ schedule: Schedule = .manual) -> DAGDocument {
        DAGDocument(id: "dag", schedule: schedule, tasks: tasks)
    }

    @Test func `references are what has to be there, with the place that names it`() {
        var task = TaskDocument(
            id: "a", uses: [.connection("minio"), .optional(.variable("stage")), .variable("key")], line: 7)
        task.limits.pool = "gpu"
        var dag = dag([task])
        dag.uses = [.connection("mail")]
        #expect(
            dag.references == [
                DAGReference(kind: .connection, name: "mail"),
                DAGReference(kind: .pool, name: "gpu", task: "a", line: 7),
                DAGReference(kind: .connection, name: "minio", task: "a", line: 7),
                DAGReference(kind: .variable, name: "key", task: "a", line: 7),
            ])
    }

    @Test func `a forecast has the runs of a period, and tells what another adds and drops`() throws {
        let now = try #require(Instant(iso8601: "2026-03-01T00:30:00Z"))
        func forecast(_ schedule: Schedule, days: Int64 = 2) throws -> ScheduleForecast {
            try ScheduleForecast(
                dag([], schedule), after: nil, firstSeen: now, now: now, until: now + .seconds(days * 86_400)
            ) { _ in throw Unknown() }
        }
        let daily = try forecast(.every(seconds: 86_400))
        let halfDaily = try forecast(.every(seconds: 43_200))
        #expect(halfDaily.runs(notIn: daily).count == halfDaily.runs.count - daily.runs.count)
        #expect(daily.runs(notIn: halfDaily) == [])
        #expect(try forecast(.manual).runs == [])
        #expect(try forecast(.continuous).runs == [])
        let each = try forecast(.every(seconds: 1), days: 1)
        #expect(each.isCut)
        #expect(each.runs.count == ScheduleForecast.most)
    }

    private struct Unknown: Error {}
}
