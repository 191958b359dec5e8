import DAGModel
import HTTPTypes
import Store
import Testing
import WebAPI

@Suite struct PoolRouteTests {
    private static let path = "/api/v2/pools"

    private func pool(_ name: String, _ slots: Int64, _ more: [String: JSONValue] = [:]) -> JSONValue {
        .object(["name": .string(name), "slots": .int(slots)].merging(more) { $1 })
    }

    @Test func `a pool is created, changed in part, listed and deleted`() async throws {
        let bundle = try await APIBundle()
        let created = try await bundle.post(Self.path, pool("gpus", 2, ["description": .string("Training")]))
        #expect(created.status == 201)
        #expect(
            created.json
                == .object([
                    "name": .string("gpus"), "slots": .int(2), "description": .string("Training"),
                    "include_deferred": .bool(false), "occupied_slots": .int(0), "running_slots": .int(0),
                    "queued_slots": .int(0), "scheduled_slots": .int(0), "deferred_slots": .int(0),
                    "open_slots": .int(2), "team_name": .null,
                ]))
        #expect(try await bundle.post(Self.path, pool("gpus", 3)).status == 409)
        #expect(try await bundle.patch("\(Self.path)/gpus", .object(["slots": .int(-1)])).status == 200)
        let read = try await bundle.get("\(Self.path)/gpus").json
        #expect(read["slots"] == .int(-1))
        #expect(read["open_slots"] == .int(-1))
        #expect(read["description"] == .string("Training"))
        let list = try await bundle.get(Self.path).json
        #expect(list["total_entries"] == .int(2))
        #expect(try await bundle.ask(.delete, "\(Self.path)/gpus").status == 204)
        #expect(try await bundle.ask(.delete, "\(Self.path)/gpus").status == 404)
    }

    @Test func `the default pool stays, and what is wrong is refused`() async throws {
        let bundle = try await APIBundle()
        #expect(try await bundle.ask(.delete, "\(Self.path)/default_pool").status == 400)
        #expect(try await bundle.get("\(Self.path)/default_pol").body.contains("did you mean default_pool?"))
        #expect(try await bundle.post(Self.path, pool("", 1)).status == 422)
        #expect(try await bundle.post(Self.path, pool("few", -2)).status == 422)
        #expect(try await bundle.post(Self.path, .object(["name": .string("none")])).status == 422)
        let other = try await bundle.patch("\(Self.path)/default_pool", pool("other", 1))
        #expect(other.status == 400)
    }

    @Test func `instances of running runs take the slots of their pools`() async throws {
        let bundle = try await APIBundle()
        try await bundle.publish()
        let run = try await bundle.trigger("gw_training", "r1")
        try await bundle.setInstance(run, "train", .running)
        let before = try await bundle.get("\(Self.path)/default_pool").json
        #expect(before["running_slots"] == .int(1))
        #expect(before["open_slots"] == .int(127))
    }
}
