import DAGModel
import Foundation
import Store
import Testing

/// Why a task instance is in its state.
@Suite struct WhyRouteTests {
    private static let run = "/api/v2/dags/gw_training/dagRuns/r1"

    private func bundle(_ state: DAGRunState = .running) async throws -> (APIBundle, run: Int64) {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let run = try await bundle.trigger("gw_training", "r1")
        try await bundle.setInstance(run, "list", .running)
        try await bundle.setInstance(run, "train", .none, tryNumber: 0)
        try await bundle.setRun(run, state)
        return (bundle, run)
    }

    private func why(_ bundle: APIBundle, _ task: String, _ query: String = "") async throws -> JSONValue {
        try await bundle.get("\(Self.run)/taskInstances/\(task)/dependencies\(query)").json
    }

    private func summary(_ bundle: APIBundle, _ task: String, _ query: String = "") async throws -> String? {
        try await why(bundle, task, query)["summary"]?.stringValue
    }

    @Test func `a task that waits for its trigger rule tells the rule with its counts`() async throws {
        let (bundle, _) = try await bundle()
        let answer = try await why(bundle, "train")
        #expect(
            answer["summary"]?.stringValue
                == "waits: all_success needs the one upstream instance to succeed: 1 not ended")
        #expect(answer["dependencies"]?.list.map { $0["name"] } == [.string("Trigger Rule")])
        #expect(answer["upstream"]?["not_ended"] == .int(1))
        #expect(answer["upstream_tasks"]?.list.first?["states"] == .object(["running": .int(1)]))
        #expect(answer["state"] == .null)
        #expect(try await summary(bundle, "list") == "running")
    }

    @Test func `what ended without running tells who is to blame`() async throws {
        let (bundle, run) = try await bundle()
        try await bundle.setInstance(run, "list", .failed, reason: "exit code 3")
        try await bundle.setInstance(run, "train", .upstreamFailed)
        #expect(
            try await summary(bundle, "train")
                == "upstream_failed: all_success needs the one upstream instance to succeed: 1 failed")
        #expect(try await summary(bundle, "list") == "failed: exit code 3")
    }

    @Test func `a run that cannot start and a task that has no turn tell the limits`() async throws {
        let (bundle, run) = try await bundle(.queued)
        #expect(try await summary(bundle, "train") == "waits: the run has not started yet")
        #expect(try await bundle.patch("/api/v2/dags/gw_training", .object(["is_paused": .bool(true)])).status == 200)
        #expect(
            try await summary(bundle, "train") == "waits: the DAG is paused: dagctl dags unpause gw_training")
        try await bundle.setRun(run, .running)
        try await bundle.setInstance(run, "list", .scheduled)
        #expect(try await why(bundle, "list")["dependencies"]?.list.first?["name"] == .string("Dag Not Paused"))
        #expect(try await bundle.patch("/api/v2/dags/gw_training", .object(["is_paused": .bool(false)])).status == 200)
        #expect(
            try await summary(bundle, "list") == "scheduled: its turn has not come: no worker has a free slot")
    }

    @Test func `a moment of the past is told from attempts`() async throws {
        let (bundle, run) = try await bundle()
        try await bundle.addAttempt(7, run, "list", tryNumber: 1, .failed)
        try await bundle.setInstance(run, "list", .success, tryNumber: 2)
        try await bundle.setInstance(run, "train", .success)
        let before = (APIBundle.now - .seconds(60)).iso8601
        #expect(try await why(bundle, "train", "?at=\(before)")["upstream"]?["not_ended"] == .int(1))
        #expect(try await why(bundle, "train", "?at=\(APIBundle.now.iso8601)")["upstream"]?["success"] == .int(1))
        #expect(try await bundle.get("\(Self.run)/taskInstances/train/dependencies?at=soon").status == 422)
        #expect(try await bundle.get("\(Self.run)/taskInstances/trian/dependencies").status == 404)
    }
}
