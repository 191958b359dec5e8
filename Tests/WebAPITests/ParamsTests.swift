import DAGModel
import Testing

@Suite struct ParamsTests {
    private let params = ParamsDocument(
        schema: .object([
            "type": .string("object"),
            "properties": .object([
                "epochs": .object(["type": .string("integer")]), "name": .object(["type": .string("string")]),
                "rates": .object(["type": .string("array"), "items": .object(["type": .string("number")])]),
                "limit": .object(["type": .string("integer")]),
                "data": .object([
                    "type": .string("object"),
                    "properties": .object(["path": .object(["type": .string("string")])]),
                ]),
            ]),
        ]),
        defaults: [
            "epochs": .int(1), "name": .string("x"), "rates": .array([]), "data": .object(["path": .string("")]),
        ])

    @Test(arguments: [
        ("epochs", "5", JSONValue.int(5)), ("name", "5", .string("5")), ("name", "", .string("")),
        ("rates", "[1, 2.5]", .array([.int(1), .double(2.5)])),
    ])
    func `a text is read by the parameter's type`(name: String, text: String, value: JSONValue) {
        #expect(params.value(of: name, text: text) == .success(value))
    }

    @Test func `a value may be missing where the parameter is optional`() {
        #expect(params.problems(in: ["limit": .null]).isEmpty)
        #expect(params.problems(in: ["epochs": .null]).count == 1)
    }

    @Test func `problems name the place within lists and objects`() {
        let problems = params.problems(in: [
            "rates": .array([.int(1), .string("x")]), "data": .object(["pth": .string("a")]), "epochs": .double(1.5),
        ])
        #expect(
            problems.map(\.description) == [
                "parameter data.pth: unknown; did you mean path?",
                "parameter epochs: must be a whole number, is the number 1.5",
                "parameter rates.1: must be a number, is the string \"x\"",
            ])
    }

    @Test(arguments: [("trian", ["train"]), ("gw_trainign", ["gw_training"]), ("xyz", []), ("gw", ["gw_training"])])
    func `misspelt names get suggestions`(word: String, expected: [String]) {
        #expect(suggestions(for: word, among: ["train", "gw_training", "list"]) == (word == "gw" ? [] : expected))
    }
}
