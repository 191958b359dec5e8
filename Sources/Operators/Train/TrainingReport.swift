internal import DAGModel
internal import FoundationEssentials

/// One line of a training program that tells something: `{"metric": "loss", "value": 0.3, "step": 7}` or
/// `{"progress": "epoch 3", "fraction": 0.3}`.
enum TrainingReport: Sendable, Hashable {
    case metric(name: String, value: Double, step: Int64?)
    case progress(text: String, fraction: Double?)

    /// Nil for any other line.
    init?(_ line: [UInt8]) {
        guard line.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "{"),
            let json = try? JSONDecoder().decode(JSONValue.self, from: Data(line))
        else { return nil }
        if let name = json["metric"]?.stringValue, let value = json["value"]?.number {
            self = .metric(
                name: name, value: value, step: json["step"]?.number.flatMap { Int64(exactly: $0.rounded()) })
        } else if let text = json["progress"]?.stringValue {
            self = .progress(text: text, fraction: json["fraction"]?.number)
        } else {
            return nil
        }
    }

    /// The form in which it is reported.
    var json: JSONValue {
        var members: [String: JSONValue]
        switch self {
        case .metric(let name, let value, let step):
            members = ["metric": .string(name), "value": .double(value)]
            members["step"] = step.map(JSONValue.int)
        case .progress(let text, let fraction):
            members = ["progress": .string(text)]
            members["fraction"] = fraction.map(JSONValue.double)
        }
        return .object(members)
    }
}

extension JSONValue {
    /// The value of a number, or nil.
    fileprivate var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}
