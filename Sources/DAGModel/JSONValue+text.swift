extension JSONValue {
    /// The value as JSON text without white space, keys sorted. Numbers that JSON cannot hold (NaN, infinities) become `null`.
    public var compactJSON: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .double(let value): text += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.quote(value, to: &text)
        case .array(let values): Self.list(values, open: "[", close: "]", to: &text) { $0.write(to: &$1) }
        case .object(let members):
            let sorted = members.sorted { $0.key < $1.key }
            Self.list(sorted, open: "{", close: "}", to: &text) { member, text in
                Self.quote(member.key, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
        }
    }

    private static func list<Element>(
        _ elements: [Element], open: String, close: String, to text: inout String,
        write: (Element, inout String) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            write(element, &text)
        }
        text += close
    }

    private static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
