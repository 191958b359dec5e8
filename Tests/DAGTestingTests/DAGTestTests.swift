import DAGKit
import DAGModel
import DAGTesting
import Testing

/// What the author of a DAG sees in `swift test`.
@Suite struct DAGTestTests {
    struct Weather: DAG {
        struct Params: DAGParams {
            var unit = "celsius"
        }
        let uses: [Use] = [.variable("country")]
        let onFailure = Callback { _ in }

        func body() {
            let raw = task("download", retries: 2, retryDelay: .seconds(300), uses: [.connection("weather")]) {
                context in
                let connection = try await context.connection("weather")
                guard context.tryNumber > 1 else { throw Unreachable() }
                return ["Oslo": 3.5, "Rome": 20, connection.host ?? "": 1]
            }
            let towns = task("towns", raw) { _, raw in raw.keys.sorted() }
            let lines = task("line", each: towns) { context, town in
                "\(town) in \(try await context.variable("country"))"
            }
            task("report", lines) { context, lines in
                "\(lines.joined(separator: ", ")) in \(try context.params(Params.self).unit)"
            }.onRetry(Callback { _ in })
        }
    }

    struct Unreachable: Error {}

    private var weather: DAGTest<Weather> {
        DAGTest(Weather.self).connection(TaskConnection(id: "weather", type: "http", host: "Bergen")).variable(
            "country", "Europe")
    }

    @Test func `a run uses the test's connections, variables and parameters, and waits for nothing`() async throws {
        let run = try await weather.params(Weather.Params(unit: "kelvin")).run()
        #expect(run.state == .success)
        #expect(run["download"].tryNumber == 2)
        #expect(run.duration == .seconds(300))
        #expect(run.states(of: "line") == [.success, .success, .success])
        #expect(
            try run.output(of: "report", as: String.self)
                == "Bergen in Europe, Oslo in Europe, Rome in Europe in kelvin")
        #expect(run.callbacks.isEmpty)
    }

    @Test func `a task can be replaced by a value, by code and by an error`() async throws {
        let given = try await weather.replacing("download", returning: ["Paris": 18.0]).run()
        #expect(try given.output(of: "line", as: [String].self) == ["Paris in Europe"])
        let computed = try await weather.replacing("download", returning: ["Paris": 18.0])
            .replacing("line") { context in "line \(context.mapIndex)" }.run()
        #expect(try computed.output(of: "report", as: String.self) == "line 0 in celsius")
        let failed = try await weather.replacing("towns") { (_: TaskContext) -> [String] in throw FailTask("no towns") }
            .run()
        #expect(failed.state == .failed)
        #expect(failed["towns"].reason == "no towns")
        #expect(failed["report"].state == .upstreamFailed)
        #expect(failed.callbacks.map(\.kind) == [.failure])
    }

    @Test func `what is missing or misspelt is said`() async throws {
        let lacking = try await DAGTest(Weather.self).run()
        #expect(lacking["download"].reason?.contains("the test gives no connection weather") == true)
        let error = await #expect(throws: DAGTestError.self) { try await weather.replacing("downlaod").run() }
        #expect(error?.description == "weather has no task downlaod; did you mean download?")
        let run = try await weather.run()
        #expect(throws: DAGTestError.self) { try run.output(of: "report", as: [Int].self) }
        #expect(throws: DAGTestError.self) { try run.output(of: "nothing", as: String.self) }
    }

    struct Waiting: DAG {
        func body() {
            let key = sensor("key", every: .minutes(10), timeout: .hours(2), mode: .reschedule) { context in
                context.now >= Instant(Day(2026, 1, 1), hour: 1)
            }
            let poked = sensor("poked", every: .minutes(10), timeout: .hours(2)) { _ in false }
            let event = task("event") { context -> String in
                guard let resumption = context.resumption else {
                    try context.suspend(awaiting: "loaded", timeout: .hours(3))
                }
                return try resumption.event(String.self) ?? "nothing"
            }
            let morning = task("morning", TimeSensor(.timeOfDay(hours: 9)))
            chain(key, morning)
            _ = (poked, event)
        }
    }

    @Test func `sensors, events and times pass on the test's clock`() async throws {
        let run = try await DAGTest(Waiting.self).sending("loaded", .string("all of it")).run()
        #expect(run["key"].state == .success)
        #expect(run["key"].endedAt == Instant(Day(2026, 1, 1), hour: 1))
        #expect(run["morning"].endedAt == Instant(Day(2026, 1, 1), hour: 9))
        #expect(run["poked"].state == .failed && run["poked"].endedAt == Instant(Day(2026, 1, 1), hour: 2, minute: 10))
        #expect(try run.output(of: "event", as: String.self) == "all of it")
        let alone = try await DAGTest(Waiting.self).run()
        #expect(alone["event"].reason == "event loaded did not come until 2026-01-01T03:00:00+00:00")
    }

    struct Astray: DAG {
        func body() {
            let first = task("first") { _ in 1 }
            let choose = task("choose", first) { _, _ in Branch(first) }
            let last = task("last") { _ in }
            chain(choose, last)
        }
    }

    @Test func `a branch that follows what does not depend on it fails`() async throws {
        let run = try await DAGTest(Astray.self).run()
        #expect(
            run["choose"].reason == "branch choose follows first, which is not downstream of it; downstream are: last")
        #expect(run["last"].state == .upstreamFailed)
    }

    struct Release: DAG {
        func body() {
            let approved = approval("approve", "Release?", deadline: .hours(1))
            let published = task("publish", Shell("make publish"))
            chain(approved, published)
            let model = Asset("model")
            task("note") { context in
                try context.setExtra(of: model, to: ["rows": 7])
            }.outlets(model)
        }
    }

    @Test func `operators have to be replaced, and their answers given`() async throws {
        let run = try await DAGTest(Release.self).answering("approve", "Approve").replacing("publish").run()
        #expect(run.state == .success)
        #expect(run.assetUpdates.map(\.asset) == ["model"] && run.assetUpdates.map(\.taskID) == ["note"])
        #expect(run.assetUpdates.first?.extra == .object(["rows": .int(7)]))
        let rejected = try await DAGTest(Release.self).answering("approve", "Reject").run()
        #expect(rejected["publish"].state == .skipped)
        let silent = try await DAGTest(Release.self).run()
        #expect(silent["approve"].reason == "nobody answered: give .answering(\"approve\", …)")
        let wrong = try await DAGTest(Release.self).answering("approve", "Maybe").run()
        #expect(wrong["approve"].reason == "the test's answer: \"Maybe\" is not one of Approve, Reject")
        let bare = try await DAGTest(Release.self).answering("approve", "Approve").run()
        #expect(bare.state == .failed)
        #expect(
            bare["publish"].reason
                == "operator shell does nothing in a test: say with .replacing(\"publish\", …) what it gives")
    }
}
