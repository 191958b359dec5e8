import DAGModel
import Store
import Testing

/// DAGs run by the real scheduler, PostgreSQL and worker.
@Suite struct EndToEndTests {
    @Test func `a chain with values, mapping and a failure ends as its code says`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Mixed: DAG {
                func body() {
                    let numbers = task("numbers") { _ in [1, 2, 3] }
                    let squares = task("square", each: numbers) { _, number in number * number }
                    let sum = task("sum", squares) { _, squares in squares.reduce(0, +) }
                    let check = task("check", sum) { _, sum in if sum != 14 { throw FailTask("sum is \\(sum)") } }
                    let bad = task("bad") { _ in throw FailTask("always") }
                    let after = task("after", triggerRule: .allDone) { _ in }
                    [check, bad] >> after
                    bad >> task("never", Empty())
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        let states = try await bundle.states(run)
        #expect(
            states == [
                "numbers": .success, "square[0]": .success, "square[1]": .success, "square[2]": .success,
                "sum": .success, "check": .success, "bad": .failed, "after": .success, "never": .upstreamFailed,
            ])
        #expect(run.state == .failed)
        let squares = try await bundle.store.output(run: run.id, taskID: "square")
        #expect(squares == "[1,4,9]")
        let bad = try await bundle.store.instance(run: run.id, taskID: "bad", mapIndex: -1)
        #expect(bad?.reason == "always")
        worker.stop()
        await bundle.stop()
    }

    @Test func `empty tasks need no worker`() async throws {
        let bundle = try await SchedulerBundle()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Fan: DAG {
                func body() {
                    let first = task("first", Empty()), last = task("last", Empty())
                    for index in 0..<100 { chain(first, task("t\\(index)", Empty()), last) }
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        #expect(run.state == .success)
        #expect(try await bundle.states(run).values.allSatisfy { $0 == .success })
        await bundle.stop()
    }
}
