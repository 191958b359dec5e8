import DAGModel
import Testing

/// Which values of a former type a type can read.
struct OutputShapeTests {
    private static let integer = JSONValue.object(["type": .string("integer")])
    private static let number = JSONValue.object(["type": .string("number")])
    private static let text = JSONValue.object(["type": .string("string")])

    private static func list(_ items: JSONValue) -> JSONValue {
        .object(["type": .string("array"), "items": items])
    }

    private static func cases(_ names: String...) -> JSONValue {
        .object(["enum": .array(names.map(JSONValue.string))])
    }

    private static func object(_ properties: [String: JSONValue], optional: Set<String> = []) -> JSONValue {
        .object([
            "type": .string("object"), "properties": .object(properties),
            "required": .array(properties.keys.filter { !optional.contains($0) }.sorted().map(JSONValue.string)),
        ])
    }

    private static let model = object(["path": text, "auc": number])

    static let readable: [(JSONValue, JSONValue)] = [
        (model, model), (integer, number), (list(integer), list(number)),
        (model, object(["path": text])),
        (model, object(["path": text, "auc": number, "note": text], optional: ["note"])),
        (model, object(["path": text, "auc": number], optional: ["auc"])),
        (cases("a", "b"), cases("a", "b", "c")),
        (.object(["opaque": .string("Date")]), .object(["opaque": .string("Date")])),
    ]

    @Test(arguments: readable)
    func `what a reader finds is what it needs`(_ old: JSONValue, _ new: JSONValue) {
        #expect(OutputShape.mismatch(reading: old, as: new) == nil)
    }

    static let unreadable: [(JSONValue, JSONValue, String)] = [
        (number, integer, "it is integer, and was number"),
        (text, list(text), "it is array, and was string"),
        (list(text), list(integer), "[] is integer, and was string"),
        (object(["path": text]), model, "auc is missing"),
        (object(["path": text, "auc": number], optional: ["auc"]), model, "auc may be missing"),
        (
            list(object(["best": model])), list(object(["best": object(["path": integer])])),
            "[].best.path is integer, and was string"
        ),
        (cases("a", "b"), cases("a"), #"it may be "b", which is no case any more"#),
        (text, cases("a"), "it is an enum, and was string"),
        (.object(["opaque": .string("Date")]), .object(["opaque": .string("UUID")]), "it is UUID, and was Date"),
        (
            model, .object(["type": .string("object"), "additionalProperties": number]),
            "it is a dictionary, and was an object"
        ),
    ]

    @Test(arguments: unreadable)
    func `what a reader misses is told with its place`(_ old: JSONValue, _ new: JSONValue, _ sentence: String) {
        #expect(OutputShape.mismatch(reading: old, as: new) == sentence)
    }

    @Test func `types of one shape and two names have two fingerprints`() {
        let one = OutputShape.fingerprint(type: "Model", shape: Self.model)
        #expect(one == OutputShape.fingerprint(type: "Model", shape: Self.model))
        #expect(one != OutputShape.fingerprint(type: "Network", shape: Self.model))
        #expect(one != OutputShape.fingerprint(type: "Model", shape: Self.text))
        #expect(TaskDocument(id: "a").outputSchema == nil)
    }
}
