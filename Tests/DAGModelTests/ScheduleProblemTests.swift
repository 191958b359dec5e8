import DAGModel
import Testing

@Suite struct ScheduleProblemTests {
    private func problems(_ schedule: Schedule, knowsZone: (String) -> Bool = { _ in true }) -> [String] {
        let task = TaskDocument(id: "tick", kind: .author, line: 3)
        return DAGDocument(id: "nightly", schedule: schedule, tasks: [task]).validate(knowsZone: knowsZone).map(
            \.message)
    }

    @Test(arguments: ["0 3 * * *", "@daily", "@once", "@continuous", "*/5 9-17 * * mon-fri", "0 0 L * *"])
    func `a schedule that can fire is no problem`(expression: String) {
        #expect(problems(.cron(expression, timezone: "UTC")).isEmpty)
        #expect(problems(.cron(expression, timezone: "Europe/Berlin")).isEmpty)
    }

    @Test(arguments: ["61 3 * * *", "0 3 * *", "@dayly", "", "every day", "0 0 31 2 *"])
    func `a cron expression that is none is a problem that names the DAG and what to do`(expression: String) throws {
        let problem = try #require(problems(.cron(expression, timezone: "UTC")).first)
        #expect(problem.hasPrefix("DAG nightly: schedule: the cron expression \"\(expression)\" is wrong: "))
        #expect(problem.hasSuffix("write one such as \"0 3 * * *\", every day at 03:00, or \"@daily\""))
    }

    @Test(arguments: ["", "../../etc/passwd", "Europe//Berlin", "Europe/Berlin\n", "CEST summer"])
    func `a time zone whose name is none is a problem`(zone: String) {
        #expect(
            problems(.cron("0 3 * * *", timezone: zone))
                == [
                    "DAG nightly: schedule: there is no time zone \"\(zone)\"; write an IANA name such as Europe/Berlin, or UTC"
                ])
    }

    @Test func `a time zone that the system does not have is a problem`() {
        #expect(
            problems(.cron("0 3 * * *", timezone: "Europe/Atlantis"), knowsZone: { $0 != "Europe/Atlantis" }).count == 1
        )
        #expect(problems(.cron("0 3 * * *", timezone: "Europe/Berlin"), knowsZone: { $0 == "Europe/Berlin" }).isEmpty)
    }

    @Test func `an interval must be at least a second`() {
        #expect(
            problems(.every(seconds: 0)) == [
                "DAG nightly: schedule: every must be between 1 and 3155760000 seconds, is 0"
            ])
        #expect(problems(.every(seconds: 60)).isEmpty)
    }
}
