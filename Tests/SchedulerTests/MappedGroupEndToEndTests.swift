import DAGModel
import Foundation
import Store
import Supervision
import Testing

/// Mapping in DAG files, by the real scheduler, PostgreSQL and worker.
@Suite struct MappedGroupEndToEndTests {
    @Test func `the tasks of a mapped group see their own element, and what follows sees the list`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            struct File: Codable, Sendable { var name: String; var size: Int }

            @main
            struct Grouped: DAG {
                func body() {
                    let files = task("files") { _ in [File(name: "a", size: 1), File(name: "b", size: 2), File(name: "c", size: 3)] }
                    let factor = task("factor") { _ in 10 }
                    let sizes = taskGroup("per_file", each: files) { file in
                        let size = task("size", file, factor) { context, file, factor in
                            if file.name == "b" { throw SkipTask("not b") }
                            return file.size * factor
                        }
                        let twice = task("twice", size, file) { _, size, file in "\\(file.name)\\(size * 2)" }
                        task("echo", Shell("echo \\(twice)"))
                        twice.mapIndexTemplate("size \\(twice)")
                        return task("last", twice) { _, text in text + "!" }.mapIndexTemplate("\\(.mapIndex)")
                    }
                    task("all", sizes) { _, sizes in sizes.joined(separator: " ") }
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        let states = try await bundle.states(run)
        #expect(states["per_file.size[1]"] == .skipped)
        #expect(states["per_file.last[0]"] == .success)
        #expect(states["per_file.last[1]"] == .skipped)
        #expect(try await bundle.store.output(run: run.id, taskID: "per_file.last") == #"["a20!","c60!"]"#)
        let names = try await bundle.store.instances(run: run.id).filter { $0.taskID == "per_file.twice" }
        #expect(names.map(\.mapIndexName) == ["size a20", nil, "size c60"])
        let last = try await bundle.store.instance(run: run.id, taskID: "per_file.last", mapIndex: 2)
        #expect(last?.mapIndexName == "2")
        worker.stop()
        await bundle.stop()
    }

    @Test func `groups and tasks are mapped over zipped lists, products and lists that are known now`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let dag = try await bundle.publish(
            """
            import DAGKit

            @main
            struct Combined: DAG {
                func body() {
                    let numbers = task("numbers") { _ in [1, 2, 3] }
                    let sums = taskGroup("pair", each: crossProduct(numbers, [10, 20])) { number, ten in
                        task("sum", number, ten) { _, number, ten in number + ten }
                    }
                    task("sums", sums) { _, sums in sums }
                    let words = taskGroup("word", each: ["x", "y"]) { word in
                        task("upper", word) { _, word in word.uppercased() }
                    }
                    task("words", words) { _, words in words.joined() }
                    let zips = task("zip", each: zipped(numbers, ["p", "q"])) { _, number, letter in "\\(letter)\\(number)" }
                    task("zips", zips) { _, zips in zips.joined(separator: ",") }
                    let products = task("product", each: crossProduct(numbers, [0, 5])) { _, number, more in number + more }
                        .mapIndexTemplate { "is \\($0)" }
                    task("products", products) { _, products in products }
                }
            }
            """)
        let run = try await bundle.finished(try await bundle.trigger(dag))
        #expect(run.state == .success)
        func output(_ task: String) async throws -> String? {
            try await bundle.store.output(run: run.id, taskID: task)
        }
        #expect(try await output("sums") == "[11,21,12,22,13,23]")
        #expect(try await output("words") == "\"XY\"")
        #expect(try await output("zips") == "\"p1,q2\"")
        #expect(try await output("products") == "[1,6,2,7,3,8]")
        let product = try await bundle.store.instance(run: run.id, taskID: "product", mapIndex: 3)
        #expect(product?.mapIndexName == "is 7")
        worker.stop()
        await bundle.stop()
    }
}
