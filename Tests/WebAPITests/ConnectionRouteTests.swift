import DAGModel
import Foundation
import HTTPTypes
import Store
import Testing
import WebAPI

@Suite struct ConnectionRouteTests {
    private static let path = "/api/v2/connections"

    private func entity(_ id: String, password: String? = nil, type: String = "aws") -> JSONValue {
        var members: [String: JSONValue] = ["connection_id": .string(id), "conn_type": .string(type)]
        members["password"] = password.map(JSONValue.string)
        return .object(members)
    }

    private func actions(_ actions: [JSONValue]) -> JSONValue { .object(["actions": .array(actions)]) }

    private func create(_ entities: [JSONValue], existing: String = "fail") -> JSONValue {
        .object([
            "action": .string("create"), "action_on_existence": .string(existing), "entities": .array(entities),
        ])
    }

    @Test func `a connection is created, changed in part and deleted`() async throws {
        let bundle = try await APIBundle()
        #expect(try await bundle.post(Self.path, entity("minio", password: "s3cret")).status == 201)
        let changed = try await bundle.patch("\(Self.path)/minio", .object(["host": .string("s3.example")]))
        #expect(changed.json["host"]?.stringValue == "s3.example")
        #expect(try await bundle.store.connection("minio", bundle.api.sealer)?.password == "s3cret")
        #expect(try await bundle.ask(.delete, "\(Self.path)/minio").status == 204)
        #expect(try await bundle.get("\(Self.path)/minio").status == 404)
    }

    @Test func `a bulk change takes effect as a whole or not at all`() async throws {
        let bundle = try await APIBundle()
        _ = try await bundle.post(Self.path, entity("old"))
        let before = try await bundle.contents()
        let bad = actions([
            create([entity("new")]), .object(["action": .string("delete"), "entities": .array([.string("missing")])]),
        ])
        #expect(try await bundle.patch(Self.path, bad).status == 404)
        #expect(try await bundle.contents() == before)
        let good = actions([
            create([entity("new"), entity("old", type: "http")], existing: "overwrite"),
            .object(["action": .string("delete"), "entities": .array([.string("old")])]),
        ])
        let answer = try await bundle.patch(Self.path, good)
        #expect(answer.json["create"]?["success"] == .array([.string("new"), .string("old")]))
        #expect(answer.json["delete"]?["success"] == .array([.string("old")]))
        #expect(try await bundle.store.connectionIDs() == ["new"])
    }

    @Test func `existing connections are refused, skipped or overwritten`() async throws {
        let bundle = try await APIBundle()
        _ = try await bundle.post(Self.path, entity("minio", password: "kept"))
        #expect(try await bundle.patch(Self.path, actions([create([entity("minio", type: "http")])])).status == 409)
        let skipped = try await bundle.patch(
            Self.path, actions([create([entity("minio", type: "http")], existing: "skip")]))
        #expect(skipped.json["create"]?["success"] == .array([]))
        _ = try await bundle.patch(Self.path, actions([create([entity("minio", type: "http")], existing: "overwrite")]))
        let stored = try await bundle.store.connection("minio", bundle.api.sealer)
        #expect(stored?.type == "http")
        #expect(stored?.password == "kept")
    }

    @Test func `a mask keeps what is stored, and is refused where nothing is`() async throws {
        let bundle = try await APIBundle()
        _ = try await bundle.post(Self.path, entity("minio", password: "kept"))
        #expect(try await bundle.patch("\(Self.path)/minio", .object(["password": .string("***")])).status == 200)
        #expect(try await bundle.store.connection("minio", bundle.api.sealer)?.password == "kept")
        let refused = try await bundle.post(Self.path, entity("other", password: "***"))
        #expect(refused.status == 422)
        #expect(refused.detail.contains("password is ***"))
    }

    @Test func `bad connections are refused with the reason`() async throws {
        let bundle = try await APIBundle()
        #expect(try await bundle.post(Self.path, entity("a b")).detail.contains("connection id has only letters"))
        #expect(
            try await bundle.post(Self.path, .object(["conn_type": .string("aws")])).detail.contains("Field required"))
        #expect(
            try await bundle.post(Self.path, .object(["connection_id": .string("x")])).detail.contains(
                "conn_type is missing"))
        #expect(try await bundle.get("\(Self.path)/mini").status == 404)
    }
}
