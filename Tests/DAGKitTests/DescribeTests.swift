import DAGModel
import Foundation
import Testing

private let fixtures = Toolchain.testFolder.appending(path: "Fixtures")

/// DAG files, compiled as the server compiles them and described by the real runner.
@Suite struct DescribeTests {
    /// The golden file of `NAME.swift` is `NAME.json`: what `slipstream-runner describe` printed, read and approved by a person.
    @Test(arguments: ["Everything", "Shapes", "OwnOperator", "Parameters", "Lifecycle", "Callbacks", "Assets"])
    func `a DAG file describes itself as its golden document says`(_ name: String) async throws {
        let described = try await Toolchain.describe(fixture(name))
        let golden = try JSONDecoder().decode(
            DAGDescription.self, from: Data(contentsOf: fixtures.appending(path: name + ".json")))
        #expect(described.document.tasks.map(\.id) == golden.document.tasks.map(\.id))
        for (task, expected) in zip(described.document.tasks, golden.document.tasks) { #expect(task == expected) }
        #expect(described == golden)
    }

    @Test(arguments: ["gw_training.swift", "hello.swift"])
    func `the DAGs of this repository describe themselves without a problem`(_ name: String) async throws {
        let described = try await Toolchain.describe(Toolchain.repository.appending(path: "dags/" + name))
        #expect(described.problems.isEmpty)
        #expect(described.document.id + ".swift" == name)
    }

    @Test func `two describes under other clocks, zones and hash seeds are equal bytes`() async throws {
        let plain = try await Toolchain.describing(fixture("Shapes"))
        let other = try await Toolchain.describing(
            fixture("Shapes"),
            environment: ["SLIPSTREAM_CLOCK_OFFSET": "86400", "TZ": "Asia/Tokyo", "HOME": "/nowhere"])
        #expect(plain.code == 0)
        #expect(plain.output == other.output)
    }

    @Test func `a body that depends on the clock describes something else a day later`() async throws {
        let today = try await Toolchain.describing(fixture("TellsTheTime"))
        let later = try await Toolchain.describing(
            fixture("TellsTheTime"), environment: ["SLIPSTREAM_CLOCK_OFFSET": "86400"])
        #expect(today.output != later.output)
    }

    @Test func `what a DAG file prints does not mix with its description`() async throws {
        let described = try await Toolchain.describing(fixture("Prints"))
        #expect(described.errors.contains("garbage {"))
        #expect(try JSONDecoder().decode(DAGDescription.self, from: Data(described.output.utf8)).problems.isEmpty)
    }

    @Test func `a DAG file describes itself also without a runner`() async throws {
        let alone = try await Toolchain.runningAlone(fixture("Shapes"))
        #expect(alone.output == (try await Toolchain.describing(fixture("Shapes"))).output + "\n")
    }

    @Test func `a task id that is used twice is a problem at the second line`() async throws {
        let problems = try await Toolchain.describe(fixture("DuplicateIDs")).problems
        #expect(
            problems.map(\.description) == [
                "line 7: task id \"same\" is used twice, first on line 6",
                "line 8: the task id \"bad id\" must have 1 to 250 of the characters a-z, A-Z, 0-9, '_', '-' and '.'",
                "line 9: retries: must be at least 0, is -1",
            ])
    }

    @Test func `a cycle is a problem that names its tasks`() async throws {
        let problems = try await Toolchain.describe(fixture("Cycle")).problems
        #expect(problems.map(\.message) == ["the tasks form a cycle: third >> second >> third"])
    }

    @Test func `a DAG without tasks is a problem`() async throws {
        let problems = try await Toolchain.describe(fixture("Nothing")).problems
        #expect(
            problems.map(\.message) == ["DAG nothing declares no task", "maxActiveRuns: must be at least 1, is 0"])
    }

    @Test func `an output that is read lazily is an input of that kind, and an element of a group cannot be`()
        async throws
    {
        let described = try await Toolchain.describe(fixture("Lazy"))
        let tasks = Dictionary(uniqueKeysWithValues: described.document.tasks.map { ($0.id, $0) })
        #expect(tasks["read"]?.inputs == [TaskInput(task: "list", kind: .lazy), TaskInput(task: "list")])
        #expect(tasks["read"]?.upstream == ["list"])
        #expect(
            tasks["each"]?.inputs == [TaskInput(task: "list", kind: .element), TaskInput(task: "list", kind: .lazy)])
        #expect(
            described.problems.map(\.message) == ["an element of a mapped group is read at once: leave .lazy out"])
    }

    @Test func `settings that make no sense are problems, each with its line`() async throws {
        let problems = try await Toolchain.describe(fixture("WrongSettings")).problems.map(\.description)
        #expect(
            problems == [
                "line 10: teardown down: its trigger rule is always all_done_setup_success; remove triggerRule",
                "line 12: group id \"first\" is used twice",
                "line 11: task last: in a DAG with failFast every trigger rule must be all_success, is one_failed",
                "DAG wrong_settings: schedule: the cron expression \"0 0 30 2 *\" is wrong: it never fires: no such day exists in the "
                    + "months it names; write one such as \"0 3 * * *\", every day at 03:00, or \"@daily\"",
            ])
    }

    @Test func `assets that make no sense are problems, each with its line, and tell no password`() async throws {
        let problems = try await Toolchain.describe(fixture("WrongAssets")).problems.map(\.description)
        #expect(
            problems == [
                "DAG wrong_assets: schedule: or(assets:) stands after a schedule of times, as in Schedule.daily.or(assets: …); "
                    + "assets alone are Schedule.assets(…)",
                "line 8: asset \"model\" has the URI s3://models/2 here and s3://models/1 elsewhere in the DAG: a name has one URI; "
                    + "give one of them another name",
                "line 8: DAG wrong_assets: the name of an asset must not be empty",
                "line 9: DAG wrong_assets: the URI of asset \"table\" has a user or a password before the @: leave it out, and use "
                    + "a connection",
            ])
    }

    @Test func `an @main type that is no DAG is refused`() async throws {
        let described = try await Toolchain.describing(fixture("NoDAG"))
        #expect(described.code == 65)
        #expect(described.errors.contains("has an @main type that is not a DAG"))
    }

    @Test(arguments: [
        ("ComputedProperty", "only stored properties can be reached"),
        ("RenamedKey", "Model encodes no \"path\" but file_path"),
        ("TaskOutsideBody", "TaskOutsideBody.swift:5 stands outside body()"),
    ])
    func `what the compiler cannot see stops the description with a sentence`(
        _ name: String, _ sentence: String
    ) async throws {
        let described = try await Toolchain.describing(fixture(name), environment: ["SWIFT_BACKTRACE": "enable=no"])
        #expect(described.code != 0)
        #expect(described.output.isEmpty)
        #expect(described.errors.contains(sentence))
    }

    private func fixture(_ name: String) -> URL { fixtures.appending(path: name + ".swift") }
}
