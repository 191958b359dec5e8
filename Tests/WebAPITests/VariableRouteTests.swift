import DAGModel
import Foundation
import HTTPTypes
import Postgres
import Store
import Testing
import WebAPI

@Suite struct VariableRouteTests {
    private static let path = "/api/v2/variables"

    private func entity(_ key: String, _ value: JSONValue, description: String? = nil) -> JSONValue {
        var members: [String: JSONValue] = ["key": .string(key), "value": value]
        members["description"] = description.map(JSONValue.string)
        return .object(members)
    }

    private func stored(_ bundle: APIBundle, _ key: String) async throws -> Variable? {
        try await bundle.store.variable(key, bundle.api.sealer)
    }

    @Test func `a variable is created, changed in part and deleted`() async throws {
        let bundle = try await APIBundle()
        let created = try await bundle.post(Self.path, entity("stage", .string("test"), description: "Where models go"))
        #expect(created.status == 201)
        #expect(
            created.json
                == .object([
                    "key": .string("stage"), "value": .string("test"), "description": .string("Where models go"),
                    "is_encrypted": .bool(true), "team_name": .null,
                ]))
        #expect(try await bundle.post(Self.path, entity("stage", .string("x"))).status == 409)
        let changed = try await bundle.patch(
            "\(Self.path)/stage", .object(["key": .string("stage"), "value": .string("live")]))
        #expect(changed.status == 200)
        #expect(
            try await stored(bundle, "stage") == Variable(key: "stage", value: "live", description: "Where models go"))
        #expect(try await bundle.ask(.delete, "\(Self.path)/stage").status == 204)
        #expect(try await bundle.get("\(Self.path)/stage").status == 404)
        #expect(try await bundle.ask(.delete, "\(Self.path)/stage").status == 404)
    }

    @Test func `the update mask chooses what is changed`() async throws {
        let bundle = try await APIBundle()
        _ = try await bundle.post(Self.path, entity("stage", .string("test"), description: "old"))
        let body = entity("stage", .string("live"), description: "new")
        #expect(try await bundle.patch("\(Self.path)/stage?update_mask=description", body).status == 200)
        #expect(try await stored(bundle, "stage") == Variable(key: "stage", value: "test", description: "new"))
        #expect(try await bundle.patch("\(Self.path)/other", body).status == 400)
    }

    @Test func `a value that is no text is stored as its JSON`() async throws {
        let bundle = try await APIBundle()
        _ = try await bundle.post(Self.path, entity("n", .int(5)))
        _ = try await bundle.post(Self.path, entity("list", .array([.int(1), .bool(true)])))
        #expect(try await stored(bundle, "n")?.value == "5")
        #expect(try await stored(bundle, "list")?.value == "[1,true]")
    }

    @Test func `secret values are hidden, and a mask keeps what is stored`() async throws {
        let bundle = try await APIBundle()
        _ = try await bundle.post(Self.path, entity("api_key", .string("hidden")))
        _ = try await bundle.post(Self.path, entity("limits", .string("{\"token\": \"hidden\", \"rows\": 3}")))
        let list = try await bundle.get(Self.path)
        #expect(!list.body.contains("hidden"))
        #expect(list.json["total_entries"] == .int(2))
        let shown = try await bundle.get("\(Self.path)/limits").json["value"] ?? .null
        #expect(shown == .string("{\"token\": \"***\", \"rows\": 3}"))
        #expect(try await bundle.patch("\(Self.path)/limits", .object(["value": shown])).status == 200)
        #expect(try await bundle.patch("\(Self.path)/api_key", .object(["value": .string("***")])).status == 200)
        #expect(try await stored(bundle, "api_key")?.value == "hidden")
        #expect(try await stored(bundle, "limits")?.value == "{\"token\": \"hidden\", \"rows\": 3}")
        #expect(try await bundle.post(Self.path, entity("password", .string("***"))).status == 422)
    }

    @Test func `values lie sealed in the database`() async throws {
        let bundle = try await APIBundle()
        _ = try await bundle.post(Self.path, entity("stage", .string("not-in-clear")))
        let rows = try await bundle.pool.query("SELECT sealed_value FROM variable")
        let sealed = try rows.one()["sealed_value", as: [UInt8].self]
        #expect(!String(decoding: sealed, as: UTF8.self).contains("not-in-clear"))
    }

    @Test func `a bulk change takes effect as a whole or not at all`() async throws {
        let bundle = try await APIBundle()
        _ = try await bundle.post(Self.path, entity("old", .string("1")))
        let create = JSONValue.object([
            "action": .string("create"), "action_on_existence": .string("overwrite"),
            "entities": .array([entity("new", .string("2")), entity("old", .string("3"))]),
        ])
        let delete = JSONValue.object(["action": .string("delete"), "entities": .array([.string("missing")])])
        #expect(try await bundle.patch(Self.path, .object(["actions": .array([create, delete])])).status == 404)
        #expect(try await bundle.store.variableKeys() == ["old"])
        let answer = try await bundle.patch(Self.path, .object(["actions": .array([create])]))
        #expect(answer.json["create"]?["success"] == .array([.string("new"), .string("old")]))
        #expect(try await stored(bundle, "old")?.value == "3")
    }

    @Test func `bad variables are refused with the reason`() async throws {
        let bundle = try await APIBundle()
        #expect(try await bundle.post(Self.path, .object(["value": .string("x")])).detail.contains("Field required"))
        #expect(try await bundle.post(Self.path, .object(["key": .string("x")])).detail.contains("Field required"))
        #expect(try await bundle.post(Self.path, entity("", .string("x"))).detail.contains("the key is empty"))
        let long = String(repeating: "k", count: 251)
        #expect(try await bundle.post(Self.path, entity(long, .string("x"))).detail.contains("more than 250"))
        let misspelt = JSONValue.object(["key": .string("x"), "valeu": .string("y")])
        #expect(try await bundle.post(Self.path, misspelt).detail.contains("did you mean value?"))
        #expect(try await bundle.ask(.get, Self.path, token: nil).status == 401)
    }
}
