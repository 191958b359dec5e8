import DAGModel
import Foundation
import Store
import Supervision
import Testing

/// Producers and consumers in DAG files of their own, by the real scheduler, PostgreSQL and worker.
@Suite struct AssetEndToEndTests {
    private static let producer = """
        import DAGKit

        let raw = Asset("s3://raw/strain", group: "strain", extra: ["owner": "physics", "days": 3])
        struct Quality: Codable { var auc: Double; var files: [String] }

        @main
        struct Producer: DAG {
            let model = Asset("detector", uri: "s3://models/gw")
            func body() {
                task("train") { [model] context in
                    try context.setExtra(of: model, to: ["auc": 0.1])
                    try context.setExtra(of: model, to: Quality(auc: 0.9, files: ["a", "b"]))
                }.outlets(model, raw)
                task("fails") { [model] context in
                    try context.setExtra(of: model, to: ["auc": 0.0])
                    throw FailTask("no")
                }.outlets(model)
                task("skips") { _ in throw SkipTask("no") }.outlets(model)
            }
        }
        """

    @Test func `a run of the consumer knows the updates that caused it, with their data`() async throws {
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        let consumer = try await bundle.publish(
            """
            import DAGKit

            struct Quality: Codable { var auc: Double; var files: [String] }

            @main
            struct Consumer: DAG {
                let model = Asset("detector", uri: "s3://models/gw")
                var schedule: Schedule { .assets(model && Asset("s3://raw/strain")) }
                func body() {
                    task("read") { [model] context in
                        let events = try await context.triggeringAssetEvents()
                        guard let event = try await context.triggeringAssetEvents(of: model).last else { throw FailTask("none") }
                        let quality = try event.extra(Quality.self)
                        let last = try await context.inletEvents(of: model)
                        return "\\(events.count) \\(event.sourceDAGID ?? "").\\(event.sourceTaskID ?? "") \\(quality.auc) \\(quality.files) \\(last.count)"
                    }.inlets(model)
                    task("foreign") { [model] context in try context.setExtra(of: model, to: ["a": 1]) }
                    task("hidden") { context in _ = try await context.inletEvents(of: Asset("detector", uri: "s3://models/gw")) }
                }
            }
            """)
        let producer = try await bundle.publish(Self.producer)
        let run = try await bundle.finished(try await bundle.trigger(producer))
        #expect(try await bundle.states(run) == ["train": .success, "fails": .failed, "skips": .skipped])
        let made = try await bundle.finished(try await bundle.onlyRun(of: consumer))
        #expect(made.type == .assetTriggered && made.triggeredBy == "asset" && made.logicalDate == nil)
        #expect(
            try await bundle.store.output(run: made.id, taskID: "read")
                == "\"2 producer.train 0.9 [\\\"a\\\", \\\"b\\\"] 1\"")
        #expect(
            try await bundle.store.instance(run: made.id, taskID: "foreign", mapIndex: -1)?.reason
                == "task foreign does not update asset detector: declare it with .outlets(…)")
        #expect(
            try await bundle.store.instance(run: made.id, taskID: "hidden", mapIndex: -1)?.reason
                == "asset detector is no inlet of task hidden: declare it with .inlets(…)")
        let events = try await bundle.store.assetEvents(causing: made.id, limit: 10)
        #expect(events.map(\.asset.name).sorted() == ["detector", "s3://raw/strain"])
        #expect(events.first { $0.asset.name == "detector" }?.extra == "{\"auc\":0.9,\"files\":[\"a\",\"b\"]}")
        #expect(try await bundle.store.assetEvents(AssetEventQuery(limit: 10)).count == 2)
        worker.stop()
        await bundle.stop()
    }

    @Test func `the runs of a chain of DAGs follow each other, and none is made twice`() async throws {
        let bundle = try await SchedulerBundle()
        let (first, second) = (Asset("first"), Asset("second"))
        let one = try await bundle.publish(Self.empty("one", outlets: [first]))
        let two = try await bundle.publish(Self.empty("two", .assets(when: .asset(first)), outlets: [second]))
        let three = try await bundle.publish(Self.empty("three", .assets(when: first && second)))
        for index in 0..<5 {
            _ = try await bundle.finished(try await bundle.trigger(one, "manual__\(index)"))
            _ = try await bundle.finished(try await bundle.onlyRun(of: two, number: index + 1))
            _ = try await bundle.finished(try await bundle.onlyRun(of: three, number: index + 1))
        }
        #expect(try await bundle.store.runCount(dagID: two, states: []) == 5)
        #expect(try await bundle.store.runCount(dagID: three, states: []) == 5)
        await bundle.stop()
    }

    @Test func `updates wait for room below maxActiveRuns and are taken together, and a paused DAG gets no run`()
        async throws
    {
        let bundle = try await SchedulerBundle()
        let asset = Asset("asset")
        let producer = try await bundle.publish(Self.empty("producer", outlets: [asset]))
        var document = Self.empty("consumer", .assets(when: .asset(asset)))
        document.maxActiveRuns = 1
        // No worker: its run does not end by itself.
        document.tasks = [TaskDocument(id: "task", kind: .author)]
        let consumer = try await bundle.publish(document)
        _ = try await bundle.finished(try await bundle.trigger(producer, "manual__1"))
        let run = try await bundle.onlyRun(of: consumer)
        for index in 2...4 { _ = try await bundle.finished(try await bundle.trigger(producer, "manual__\(index)")) }
        #expect(try await bundle.store.runCount(dagID: consumer, states: []) == 1)
        #expect(try await bundle.store.requestCancel(dagID: consumer, runID: run.runID))
        let next = try await bundle.onlyRun(of: consumer, number: 2)
        #expect(
            try await bundle.store.assetEvents(causing: next.id, limit: 10).map(\.sourceRunID) == [
                "manual__2", "manual__3", "manual__4",
            ])
        _ = try await bundle.store.setPaused(consumer, true, now: .now)
        #expect(try await bundle.store.requestCancel(dagID: consumer, runID: next.runID))
        _ = try await bundle.finished(next)
        _ = try await bundle.finished(try await bundle.trigger(producer, "manual__5"))
        _ = try await bundle.store.setPaused(consumer, false, now: .now)
        _ = try await bundle.finished(try await bundle.trigger(producer, "manual__6"))
        let last = try await bundle.onlyRun(of: consumer, number: 3)
        #expect(
            try await bundle.store.assetEvents(causing: last.id, limit: 10).map(\.sourceRunID) == [
                "manual__5", "manual__6",
            ])
        await bundle.stop()
    }

    @Test func `a schedule of times and assets makes runs of both kinds`() async throws {
        let bundle = try await SchedulerBundle()
        let asset = Asset("asset")
        let producer = try await bundle.publish(Self.empty("producer", outlets: [asset]))
        let schedule = Schedule.assetsOrTime(
            .asset(asset), .timed(.cron("@yearly", timezone: "UTC"), ScheduleTiming(runImmediately: .always)))
        let consumer = try await bundle.publish(Self.empty("consumer", schedule))
        let scheduled = try await bundle.finished(try await bundle.onlyRun(of: consumer))
        #expect(scheduled.type == .scheduled)
        _ = try await bundle.finished(try await bundle.trigger(producer))
        let made = try await bundle.finished(try await bundle.onlyRun(of: consumer, number: 2))
        #expect(made.type == .assetTriggered)
        await bundle.stop()
    }

    @Test func `updates that came while no scheduler ran cause their run when one leads`() async throws {
        let bundle = try await SchedulerBundle(schedules: false)
        let asset = Asset("asset")
        _ = try await bundle.publish(Self.empty("producer", outlets: [asset]))
        let consumer = try await bundle.publish(Self.empty("consumer", .assets(when: .asset(asset))))
        let id = try #require(try await bundle.store.assets(AssetQuery(limit: 1)).first).id
        _ = try await bundle.store.emitAssetEvent(id, extra: .object([:]), now: .now)
        let scheduler = bundle.schedule()
        #expect(try await bundle.finished(try await bundle.onlyRun(of: consumer)).state == .success)
        scheduler.cancel()
        await bundle.stop()
    }

    /// A DAG of one task that needs no worker.
    private static func empty(_ id: String, _ schedule: Schedule = .manual, outlets: [Asset] = []) -> DAGDocument {
        var task = TaskDocument(id: "task")
        task.outlets = outlets
        return DAGDocument(id: id, schedule: schedule, tasks: [task])
    }
}

extension SchedulerBundle {
    /// The newest run of a DAG once it has so many; gives up after a minute.
    func onlyRun(of dagID: String, number: Int = 1) async throws -> RunRecord {
        for _ in 0..<6_000 {
            let runs = try await store.runs(dagID: dagID, states: [], limit: 100, offset: 0)
            if runs.count >= number, let run = runs.max(by: { $0.id < $1.id }) {
                #expect(runs.count == number)
                return run
            }
            try await loop.sleep(for: .milliseconds(10))
        }
        return try #require(nil as RunRecord?, "DAG \(dagID) has no run \(number)")
    }
}
