internal import DAGKit
internal import DAGModel
internal import FoundationEssentials

/// The parameters of a training program, in the two forms in which it gets them.
struct TrainingParameters: Sendable, Hashable {
    /// By name.
    var values: [String: JSONValue]

    init(fixed: JSONValue, rendered: [String: String]) {
        if case .object(let members) = fixed { values = members } else { values = [:] }
        for (name, text) in rendered { values[name] = Self.value(text) }
    }

    /// The content of the file.
    var json: String { JSONValue.object(values).compactJSON }

    /// `SLIPSTREAM_PARAM_<NAME>`: the name in capitals, anything but letters and digits as an underscore.
    var environment: [String: String] {
        Dictionary(
            values.map { name, value in
                let plain = name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
                return ("SLIPSTREAM_PARAM_\(String(plain))", value.stringValue ?? value.compactJSON)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// A number, `true` or `false` as such, any other text as it is.
    private static func value(_ text: String) -> JSONValue {
        guard let json = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else { return .string(text) }
        switch json {
        case .int, .double, .bool: return json
        default: return .string(text)
        }
    }
}
