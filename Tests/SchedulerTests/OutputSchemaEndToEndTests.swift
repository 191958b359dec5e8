import DAGModel
import Foundation
import Store
import Testing

/// Outputs that another version of a DAG has left, by the real scheduler, PostgreSQL and worker.
@Suite struct OutputSchemaEndToEndTests {
    private func source(_ model: String, _ folder: URL) -> String {
        """
        import DAGKit
        import Glibc

        \(model)

        @main
        struct Typed: DAG {
            func body() {
                let model = task("train") { _ in Model() }
                let models = task("each", each: [1, 2]) { _, _ in Model() }
                task("read", model) { _, model in
                    close(open("\(folder.path)/began", O_WRONLY | O_CREAT, 0o666))
                    print(model)
                }
                task("show", Shell("echo \\(model, \\.path)"))
                task("collect", models) { _, models in models.count }
            }
        }
        """
    }

    /// Has tasks of a run run again on the DAG's current version.
    private func clear(_ tasks: [String], _ run: RunRecord, _ bundle: SchedulerBundle) async throws {
        let version = try #require(try await bundle.store.dag(run.dagID)).versionID
        try await bundle.store.changeRun(run.id, now: .now) { stored in
            stored.record.versionID = version
            let keys = InstanceSelection(tasks: tasks.map { .init($0) })
            _ = stored.clear(stored.plan.instances(chosenBy: keys), now: .now)
        }
    }

    @Test func `a type that cannot read what is stored stops the task before its body, with both names`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let began = bundle.folder.appending(path: "began").path
        let dag = try await bundle.publish(
            source(#"struct Model: Codable { var path = "p"; var auc = 0.5 }"#, bundle.folder))
        let run = try await bundle.finished(try await bundle.trigger(dag))
        #expect(run.state == .success)
        #expect(FileManager.default.fileExists(atPath: began))
        try FileManager.default.removeItem(atPath: began)

        // What is asked for is there: less, or more that is optional, under another name.
        let network = #"struct Network: Codable { var path = "q"; var note: String? }; typealias Model = Network"#
        _ = try await bundle.publish(source(network, bundle.folder))
        try await clear(["read", "show", "collect"], run, bundle)
        #expect(try await bundle.finished(run).state == .success)
        #expect(FileManager.default.fileExists(atPath: began))
        try FileManager.default.removeItem(atPath: began)

        let other = #"struct Weights: Codable { var path = 1; var auc = 0.5 }; typealias Model = Weights"#
        _ = try await bundle.publish(source(other, bundle.folder))
        try await clear(["read", "show", "collect"], run, bundle)
        #expect(try await bundle.finished(run).state == .failed)
        #expect(!FileManager.default.fileExists(atPath: began))
        let rows = try await bundle.store.instances(run: run.id)
        let reasons = Dictionary(rows.map { ($0.taskID, $0.reason ?? "") }, uniquingKeysWith: { first, _ in first })
        #expect(
            reasons["read"] == """
                the output of task train was stored as Model by another version of the DAG, and this version reads Weights: path is \
                integer, and was string; clear train too, so that it runs again
                """)
        #expect(reasons["show"]?.contains("stored as Model") == true)
        #expect(reasons["collect"]?.contains("reads Array<Weights>: [].path is integer, and was string") == true)

        try await clear(["train", "each", "read", "show", "collect"], run, bundle)
        #expect(try await bundle.finished(run).state == .success)
        worker.stop()
        await bundle.stop()
    }
}
