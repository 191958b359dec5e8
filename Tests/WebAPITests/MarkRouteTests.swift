import DAGModel
import Foundation
import Store
import Testing

@Suite struct MarkRouteTests {
    private static let run = "/api/v2/dags/gw_training/dagRuns/r1"

    private func bundle() async throws -> (APIBundle, run: Int64) {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let run = try await bundle.trigger("gw_training", "r1")
        try await bundle.setInstance(run, "list", .failed)
        try await bundle.setInstance(run, "train", .upstreamFailed)
        try await bundle.setRun(run, .failed)
        return (bundle, run)
    }

    private func states(_ bundle: APIBundle, _ run: Int64) async throws -> [TaskState] {
        try await bundle.store.instances(run: run).map(\.state)
    }

    @Test func `a task is marked, and what failed downstream of it runs again`() async throws {
        let (bundle, run) = try await bundle()
        let path = "\(Self.run)/taskInstances/list"
        let dry = try await bundle.patch(path + "/dry_run", .object(["new_state": .string("success")]))
        #expect(dry.json["total_entries"] == .int(1))
        #expect(try await states(bundle, run) == [.failed, .upstreamFailed])
        let done = try await bundle.patch(path, .object(["new_state": .string("success")]))
        #expect(done.json["task_instances"]?.list.map { $0["state"] } == [.string("success")])
        #expect(try await states(bundle, run) == [.success, .none])
        #expect(try await bundle.store.run(id: run)?.state == .queued)
        #expect(try await bundle.patch(path, .object(["new_state": .string("success")])).status == 409)
    }

    @Test func `flags mark what is up- and downstream too`() async throws {
        let (bundle, run) = try await bundle()
        let body: JSONValue = .object(["new_state": .string("skipped"), "include_upstream": .bool(true)])
        #expect(try await bundle.patch("\(Self.run)/taskInstances/train", body).json["total_entries"] == .int(2))
        #expect(try await states(bundle, run) == [.skipped, .skipped])
    }

    @Test func `what cannot be marked is told with what to do`() async throws {
        let (bundle, _) = try await bundle()
        func patch(_ path: String, _ body: [String: JSONValue]) async throws -> Answer {
            try await bundle.patch("\(Self.run)/taskInstances/\(path)", .object(body))
        }
        #expect(try await patch("trian", ["new_state": .string("failed")]).detail.contains("did you mean train?"))
        #expect(try await patch("train/3", ["new_state": .string("failed")]).status == 404)
        #expect(try await patch("train", ["new_state": .string("succes")]).detail.contains("did you mean success?"))
        #expect(try await patch("train", [:]).status == 422)
    }

    @Test func `a run is marked, and put back to queued`() async throws {
        let (bundle, run) = try await bundle()
        #expect(
            try await bundle.patch(Self.run, .object(["state": .string("success")])).json["state"]?.stringValue
                == "success")
        #expect(try await states(bundle, run) == [.failed, .upstreamFailed])
        #expect(
            try await bundle.patch(Self.run, .object(["state": .string("queued")])).json["state"]?.stringValue
                == "queued")
        #expect(try await bundle.patch(Self.run, .object(["state": .string("queued")])).status == 409)
    }
}
