import DAGModel
import Foundation
import Postgres
import Store
import Testing

@Suite struct InstanceRouteTests {
    private static let path = "/api/v2/dags/gw_training/dagRuns/r1/taskInstances"

    private func bundle() async throws -> (APIBundle, run: Int64) {
        let bundle = try await APIBundle()
        try await bundle.publish()
        return (bundle, try await bundle.trigger("gw_training", "r1"))
    }

    @Test func `task instances are listed with their states and reasons`() async throws {
        let (bundle, run) = try await bundle()
        try await bundle.setInstance(run, "list", .success)
        try await bundle.setInstance(run, "train", .failed, reason: "out of memory")
        let page = try await bundle.get(Self.path).json
        #expect(page["total_entries"] == .int(2))
        let train = page["task_instances"]?.list.last
        #expect(train?["reason"]?.stringValue == "out of memory")
        #expect(train?["operator"]?.stringValue == "SwiftOperator")
        #expect(try await bundle.get("\(Self.path)?state=success").json["total_entries"] == .int(1))
    }

    @Test func `a mapped instance needs its index`() async throws {
        let (bundle, run) = try await bundle()
        for index in 0..<3 { try await bundle.setInstance(run, "train", .success, mapIndex: index) }
        #expect(try await bundle.get("\(Self.path)/train").detail.contains("is mapped"))
        #expect(try await bundle.get("\(Self.path)/train/2").json["map_index"] == .int(2))
        #expect(try await bundle.get("\(Self.path)/train/listMapped").json["total_entries"] == .int(3))
        #expect(try await bundle.get("\(Self.path)/trian").detail.contains("did you mean train?"))
    }

    @Test func `tries show the attempts that ended and the one that runs`() async throws {
        let (bundle, run) = try await bundle()
        try await bundle.addAttempt(7, run, "train", tryNumber: 1, .failed)
        try await bundle.setInstance(run, "train", .running, tryNumber: 2, attempt: 8)
        let tries = try await bundle.get("\(Self.path)/train/tries").json["task_instances"]?.list ?? []
        #expect(tries.map { $0["try_number"] } == [.int(1), .int(2)])
        #expect(tries.first?["cpu_seconds"] == .double(1.5))
        #expect(try await bundle.get("\(Self.path)/train/tries/2").json["state"]?.stringValue == "running")
        #expect(try await bundle.get("\(Self.path)/train/tries/3").status == 404)
    }

    @Test func `a long log is told page by page`() async throws {
        let (bundle, run) = try await bundle()
        try await bundle.addAttempt(7, run, "train", tryNumber: 1, .success)
        try await bundle.setInstance(run, "train", .success)
        let lines = (0..<60_000).map { "line \($0) of a long log" }
        bundle.logs.write(lines.joined(separator: "\n") + "\n", attempt: 7, isComplete: true)
        var found: [String] = []
        var token: String? = "0"
        while let next = token {
            let page = try await bundle.get("\(Self.path)/train/logs/1?token=\(next)", accept: "application/json").json
            found += page["content"]?.list.compactMap { $0["event"]?.stringValue } ?? []
            token = page["continuation_token"]?.stringValue
        }
        #expect(found == lines)
    }

    @Test func `XComs are listed and read`() async throws {
        let (bundle, run) = try await bundle()
        try await bundle.setInstance(run, "list", .success)
        try await bundle.pool.query(
            "INSERT INTO xcom (run, task_id, map_index, key, attempt, value) VALUES (\(run), 'list', -1, 'return_value', 1, '[\"a\"]')"
        )
        #expect(try await bundle.get("\(Self.path)/list/xcomEntries").json["total_entries"] == .int(1))
        let entry = try await bundle.get("\(Self.path)/list/xcomEntries/return_value").json
        #expect(entry["value"] == .array([.string("a")]))
        #expect(try await bundle.get("\(Self.path)/list/xcomEntries/none").status == 404)
    }

    @Test func `a large XCom is told by its size, checksum and place, and given whole on request`() async throws {
        let (bundle, run) = try await bundle()
        try await bundle.setInstance(run, "list", .success)
        try await bundle.pool.query(
            "INSERT INTO xcom (run, task_id, map_index, key, attempt, value) VALUES (\(run), 'list', -1, 'return_value', 1, '')"
        )
        let (output, parts) = LargeOutput.cut(Array("\"\(String(repeating: "a", count: 100_000))\"".utf8))
        try await bundle.store.keepOutput(
            output, attempt: 1, run: run, taskID: "list", mapIndex: -1, now: Instant(seconds: 0))
        for part in parts { try await bundle.store.keepPart(part, attempt: 1) }
        let path = "\(Self.path)/list/xcomEntries/return_value"
        let entry = try await bundle.get(path).json
        #expect(entry["size"] == .int(100_002))
        #expect(entry["sha256"] == .string(output.sha256))
        #expect(entry["value"] == .string("postgresql:large_output/1"))
        #expect(entry["reference"] == entry["value"])
        let whole = try await bundle.get("\(path)?deserialize=true").json
        #expect(whole["value"] == .string(String(repeating: "a", count: 100_000)))
        try await bundle.pool.query("DELETE FROM large_output_part WHERE part = 1")
        let broken = try await bundle.get("\(path)?deserialize=true")
        #expect(broken.status == 500)
        #expect(broken.json["detail"]?.stringValue?.contains("65536 bytes left of 100002") == true)
    }
}
