import DAGModel
@testable import Scheduler
import Store
import Testing
import WorkerProtocol

/// Updates of assets: one for each success of an instance that has the asset as an outlet, and none for anything else.
struct AssetEventTests {
    private let model = Asset("s3://models/gw")

    private func producer(_ id: String = "a", retries: Int = 0, kind: TaskKind = .author) -> TaskDocument {
        var task = TaskDocument.author(id, retries: retries)
        task.kind = kind
        task.outlets = [model]
        return task
    }

    @Test func `a success updates the outlets, with what the attempt told of them`() {
        var bench = CoreBench()
        let run = bench.run([producer()])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        let told = [OutletEvent(name: model.name, uri: model.uri, extra: Array("{\"auc\":0.9}".utf8))]
        bench.leader.ended(
            AttemptResult(attempt: spec.id, token: spec.token, outcome: .success(output: []), outletEvents: told),
            from: .one, now: bench.now)
        bench.settle()
        #expect(
            bench.database.assetEvents == [
                AssetEventWrite(
                    run: run, dagID: "dag", runID: "run1", taskID: "a", mapIndex: -1, tryNumber: 1, asset: model.key,
                    extra: "{\"auc\":0.9}", at: bench.now.wall)
            ])
    }

    @Test func `a failure, a skip and a retry update nothing, the success after them does`() {
        var bench = CoreBench()
        let run = bench.run([producer(retries: 1), producer("skips")])
        bench.join(.one, slots: 2)
        let specs = bench.settle().dispatched
        bench.end(specs[0], .failure)
        bench.end(specs[1], .skipped(reason: "nothing to do"))
        bench.settle()
        #expect(bench.database.assetEvents.isEmpty)
        bench.pass(.seconds(10))
        bench.end(bench.settle().dispatched[0])
        bench.settle()
        #expect(bench.state(run, "a") == .success)
        #expect(bench.database.assetEvents.map(\.tryNumber) == [2])
        #expect(bench.database.assetEvents.map(\.extra) == ["{}"])
    }

    @Test func `an empty task updates its outlets without a worker`() {
        var bench = CoreBench()
        let run = bench.run([producer(kind: .empty)])
        bench.settle()
        #expect(bench.state(run, "a") == .success)
        #expect(bench.database.assetEvents.map(\.taskID) == ["a"])
    }

    @Test func `each instance of a mapped task counts by itself`() {
        var bench = CoreBench()
        var task = producer()
        task.mappedCount = 3
        _ = bench.run([task])
        bench.join(.one, slots: 3)
        for spec in bench.settle().dispatched { bench.end(spec) }
        bench.settle()
        #expect(bench.database.assetEvents.map(\.mapIndex).sorted() == [0, 1, 2])
    }

    @Test func `what a person marks as success updates nothing, and what is cleared updates again`() {
        var bench = CoreBench()
        let run = bench.run([producer(), producer("b")])
        bench.join(.one, slots: 3)
        bench.end(bench.settle().dispatched[0])
        bench.settle()
        let now = bench.now.wall
        bench.database.change(run) { stored in
            let keys = stored.plan.instances(chosenBy: InstanceSelection(tasks: [.init("b")]))
            _ = stored.mark(keys, as: .success, now: now)
        }
        bench.leader.staleRuns.insert(run)
        bench.settle()
        #expect(bench.database.runs[run]?.state == .success)
        #expect(bench.database.assetEvents.map(\.taskID) == ["a"])
        bench.database.change(run) { stored in
            _ = stored.clear(stored.plan.instances(chosenBy: InstanceSelection(tasks: [.init("a")])), now: now)
        }
        bench.leader.staleRuns.insert(run)
        bench.end(bench.settle().dispatched[0])
        bench.settle()
        #expect(bench.database.assetEvents.map(\.tryNumber) == [1, 2])
    }

    @Test func `a success that was not committed because somebody changed the run updates once`() {
        var bench = CoreBench()
        let run = bench.run([producer()])
        bench.join(.one)
        let spec = bench.settle().dispatched[0]
        let told = [OutletEvent(name: model.name, uri: model.uri, extra: Array("{\"n\":1}".utf8))]
        bench.leader.ended(
            AttemptResult(attempt: spec.id, token: spec.token, outcome: .success(output: []), outletEvents: told),
            from: .one, now: bench.now)
        #expect(bench.leader.decide(bench.database, now: bench.now) == true)
        bench.database.annotate(run)
        #expect(bench.leader.commit(&bench.database) == true)
        #expect(bench.database.assetEvents.isEmpty)
        bench.settle()
        #expect(bench.database.assetEvents.map(\.extra) == ["{\"n\":1}"])
    }
}
