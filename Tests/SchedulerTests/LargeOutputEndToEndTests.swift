import DAGModel
import Foundation
import Postgres
import Scheduler
import Store
import Supervision
import Synchronization
import Testing

/// Outputs above 64 KiB, by the real scheduler, PostgreSQL and worker.
@Suite(.serialized, .timeLimit(.minutes(10))) struct LargeOutputEndToEndTests {
    /// A list of 40 rows and a text of 1 MiB, and readers of every kind.
    private static let source = """
        import DAGKit

        struct Row: Codable { var name: String; var values: [Int] }

        @main
        struct Large: DAG {
            func body() {
                let rows = task("rows") { _ in
                    (0..<40).map { Row(name: "row \\($0)", values: Array(repeating: $0, count: 2_000)) }
                }
                let text = task("text") { _ in String(repeating: "äx,", count: 262_144) }
                task("whole", rows, text) { _, rows, text in "\\(rows.count) \\(rows[39].values.count) \\(text.utf8.count)" }
                let sums = task("each", each: rows) { _, row in row.values.reduce(0, +) }
                task("lazy", rows.lazy, text.lazy, sums.lazy) { _, rows, text, sums in
                    var names: [String] = []
                    for try await row in rows.elements() { names.append(row.name) }
                    var sum = 0
                    for try await part in sums.elements() { sum += part }
                    let row = try await rows.element(17).name
                    return try await "\\(row) \\(rows.count()) \\(names.count) \\(names[39]) \\(text.value().utf8.count) \\(sum) \\(sums.count())"
                }
                task("never", rows.lazy) { _, _ in 1 }
                task("beyond", rows.lazy) { _, rows in try await rows.element(40).name }
                let grown = taskGroup("g", each: [1, 2]) { number in
                    let made = task("make", number) { _, number in Array(repeating: number, count: 50_000) }
                    return task("take", made.lazy) { _, made in try await made.count() + made.element(49_999) }
                }
                task("ends", grown) { _, grown in grown }
            }
        }
        """

    @Test func `a large output is kept in parts and read whole, mapped over and read lazily`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(Self.source)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        let states = try await bundle.states(run)
        #expect(states.filter { $0.value != .success } == ["beyond": .failed])
        func output(_ task: String) async throws -> String? {
            try await bundle.store.output(run: run.id, taskID: task)
        }
        #expect(try await output("whole") == #""40 2000 1048576""#)
        #expect(try await output("lazy") == #""row 17 40 40 row 39 1048576 1560000 40""#)
        #expect(try await output("never") == "1")
        #expect(try await output("ends") == "[50001,50002]")
        #expect(try await output("each") == "[" + (0..<40).map { String($0 * 2_000) }.joined(separator: ",") + "]")
        let beyond = try await bundle.store.instance(run: run.id, taskID: "beyond", mapIndex: -1)
        #expect(beyond?.reason == "the output of task rows has no element 40")
        let stored = try await bundle.store.storedXCom(
            run: run.id, taskID: "text", mapIndex: -1, key: "return_value")
        guard case .large(let text)? = stored else { return #expect(Bool(false), "\(String(describing: stored))") }
        #expect(text.output.size == 1_048_578)
        #expect(text.output.sha256 == sha256Text(of: Array("\"\(String(repeating: "äx,", count: 262_144))\"".utf8)))
        worker.stop()
        await bundle.stop()
    }

    @Test func `a damaged output fails who reads it with a sentence that names it, and clearing its task heals it`()
        async throws
    {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Damaged: DAG {
                func body() {
                    let list = task("list") { _ in Array(0..<30_000) }
                    task("whole", list, retries: 2) { _, list in list.count }
                    task("lazy", list.lazy, retries: 2) { _, list in try await list.element(100) }
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        #expect(run.state == .success)
        try await bundle.store.pool.query(
            "UPDATE large_output_part SET content = set_byte(content, 5, 48) WHERE part = 0")
        try await clear(["whole", "lazy"], run, bundle)
        #expect(try await bundle.finished(run).state == .failed)
        for task in ["whole", "lazy"] {
            let reason = try await bundle.store.instance(run: run.id, taskID: task, mapIndex: -1)?.reason ?? ""
            #expect(
                reason.hasPrefix("the output of task list of run manual__1 of DAG damaged (postgresql:large_output/"),
                "\(reason)")
            #expect(reason.contains(") is not what was stored: "), "\(reason)")
            #expect(reason.hasSuffix("; clear the task, so that it runs again"), "\(reason)")
        }
        try await clear(["list", "whole", "lazy"], run, bundle)
        #expect(try await bundle.finished(run).state == .success)
        worker.stop()
        await bundle.stop()
    }

    private func clear(_ tasks: [String], _ run: RunRecord, _ bundle: SchedulerBundle) async throws {
        try await bundle.store.changeRun(run.id, now: .now) { stored in
            let keys = InstanceSelection(tasks: tasks.map { .init($0) })
            _ = stored.clear(stored.plan.instances(chosenBy: keys), now: .now)
        }
    }

    @Test func `an output above the limit fails the task for good and leaves nothing`() async throws {
        let bundle = try await SchedulerBundle { $0.maximumOutput = 100_000 }
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct TooLarge: DAG {
                func body() {
                    task("a", retries: 3) { _ in String(repeating: "x", count: 100_000) }
                    task("b") { _ in String(repeating: "x", count: 99_998) }
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        #expect(try await bundle.states(run) == ["a": .failed, "b": .success])
        let row = try await bundle.store.instance(run: run.id, taskID: "a", mapIndex: -1)
        #expect(row?.tryNumber == 1)
        #expect(
            row?.reason
                == "the output has 100002 bytes; at most 100000 are stored (--max-output): write it to S3 and return its address"
        )
        #expect(try await bundle.store.pool.query("SELECT FROM large_output").count == 1)
        worker.stop()
        await bundle.stop()
    }

    @Test func `outputs are moved to where the installation wants them, and read from there`() async throws {
        let objects = CountedObjects()
        let bundle = try await SchedulerBundle(outputs: objects) {
            $0.outputPlace = OutputPlace(uri: "s3://bucket/out", connection: "minio")
            $0.reconcileInterval = .milliseconds(100)
        }
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(Self.source)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        for _ in 0..<18_000 where try await bundle.store.outputHere(after: 0) != nil {
            try await bundle.loop.sleep(for: .milliseconds(10))
        }
        let keys = objects.objects.withLock { $0.keys.map(\.uri).sorted() }
        #expect(keys.count == 4)
        let attempt = try #require(
            try await bundle.store.attempts(run: run.id, taskID: "rows", mapIndex: -1).first)
        #expect(keys.contains { $0.hasPrefix("s3://bucket/out/large/rows/\(attempt.id)/") })
        #expect(keys.contains { $0.hasPrefix("s3://bucket/out/large/g.make.1/") })
        try await clear(["whole", "lazy", "g.take", "ends"], run, bundle)
        _ = try await bundle.finished(run)
        #expect(try await bundle.store.output(run: run.id, taskID: "whole") == #""40 2000 1048576""#)
        #expect(
            try await bundle.store.output(run: run.id, taskID: "lazy")
                == #""row 17 40 40 row 39 1048576 1560000 40""#)
        #expect(try await bundle.store.output(run: run.id, taskID: "ends") == "[50001,50002]")
        worker.stop()
        await bundle.stop()
    }
}

/// Objects in memory.
private final class CountedObjects: OutputObjects {
    let objects = Mutex<[OutputPlace: [UInt8]]>([:])

    func put(_ bytes: [UInt8], at place: OutputPlace) async throws { objects.withLock { $0[place] = bytes } }

    func get(_ place: OutputPlace, _ range: Range<Int>?) async throws -> [UInt8]? {
        objects.withLock { $0[place] }.map { bytes in range.map { Array(bytes[$0]) } ?? bytes }
    }

    func remove(_ place: OutputPlace) async throws { objects.withLock { $0[place] = nil } }
}
