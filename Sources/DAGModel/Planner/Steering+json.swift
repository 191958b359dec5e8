extension Steering {
    /// What a branch (`{"followed":["a","b"]}`) or a short circuit (`{"continue":false}`) wrote as its output; nil when it is neither.
    public init?(json: String, kind: TaskKind) {
        var reader = JSONReader(json)
        guard let value = reader.read() else { return nil }
        switch kind {
        case .branch:
            guard case .array(let ids)? = value["followed"] else { return nil }
            self = .follow(ids.compactMap(\.stringValue))
        case .shortCircuit, .builtIn(InputRequest.approvalType, _):
            guard case .bool(let goesOn)? = value["continue"] else { return nil }
            let ignores = value["ignoreDownstreamTriggerRules"] != .bool(false)
            self = goesOn ? .all : ignores ? .skipDownstream : .skipDirectDownstream
        default: return nil
        }
    }
}

/// The number of elements of a JSON list, without building them; nil when the text is not a list.
public func jsonArrayLength(_ json: String) -> Int? {
    var depth = 0
    var elements = 0
    var isInString = false
    var isEscaped = false
    var isEmpty = true
    for byte in json.utf8 {
        if depth == 0 {
            if byte == UInt8(ascii: "[") { depth = 1 } else if byte > 0x20 { return nil }
            continue
        }
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                isInString = byte != UInt8(ascii: "\"")
            }
            continue
        }
        switch byte {
        case UInt8(ascii: "\""): (isInString, isEmpty) = (true, false)
        case UInt8(ascii: "["), UInt8(ascii: "{"): (depth, isEmpty) = (depth + 1, false)
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            depth -= 1
            if depth == 0 { return isEmpty ? 0 : elements + 1 }
        case UInt8(ascii: ",") where depth == 1: elements += 1
        case 0x21...: isEmpty = false
        default: break
        }
    }
    return nil
}
