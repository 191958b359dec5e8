/// Reads JSON text into a ``JSONValue``, strictly after RFC 8259, at most 200 levels deep.
public struct JSONReader {
    private var rest: Substring.UTF8View
    private var depth = 0

    public init(_ text: String) { rest = Substring(text).utf8 }

    /// The value, or nil when the text is not one JSON value.
    public mutating func read() -> JSONValue? {
        guard let value = value() else { return nil }
        skipSpace()
        return rest.isEmpty ? value : nil
    }

    private mutating func value() -> JSONValue? {
        skipSpace()
        switch rest.first {
        case UInt8(ascii: "{"): return nested { $0.object() }
        case UInt8(ascii: "["): return nested { $0.array() }
        case UInt8(ascii: "\""): return string().map(JSONValue.string)
        case UInt8(ascii: "t"): return literal("true", .bool(true))
        case UInt8(ascii: "f"): return literal("false", .bool(false))
        case UInt8(ascii: "n"): return literal("null", .null)
        default: return number()
        }
    }

    private mutating func nested(_ body: (inout JSONReader) -> JSONValue?) -> JSONValue? {
        guard depth < 200 else { return nil }
        depth += 1
        defer { depth -= 1 }
        rest.removeFirst()
        return body(&self)
    }

    private mutating func object() -> JSONValue? {
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard let key = string() else { return nil }
            skipSpace()
            guard take(UInt8(ascii: ":")), let value = value() else { return nil }
            members[key] = value
            skipSpace()
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .object(members) : nil
    }

    private mutating func array() -> JSONValue? {
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            guard let value = value() else { return nil }
            elements.append(value)
            skipSpace()
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? .array(elements) : nil
    }

    private mutating func string() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(validating: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escaped() else { return nil }
                bytes.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: return nil
            default: bytes.append(byte)
            }
        }
        return nil
    }

    private mutating func escaped() -> Unicode.Scalar? {
        switch rest.popFirst() {
        case UInt8(ascii: "\""): "\""
        case UInt8(ascii: "\\"): "\\"
        case UInt8(ascii: "/"): "/"
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{c}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        case UInt8(ascii: "u"): codePoint()
        default: nil
        }
    }

    private mutating func codePoint() -> Unicode.Scalar? {
        guard let unit = hexUnit() else { return nil }
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = hexUnit(), (0xDC00..<0xE000).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private mutating func hexUnit() -> UInt32? {
        let digits = rest.prefix(4)
        guard digits.count == 4, let unit = UInt32(String(Substring(digits)), radix: 16) else { return nil }
        rest.removeFirst(4)
        return unit
    }

    private mutating func number() -> JSONValue? {
        let allowed = "+-.0123456789eE".utf8
        let text = String(Substring(rest.prefix { allowed.contains($0) }))
        guard isJSONNumber(text) else { return nil }
        rest.removeFirst(text.utf8.count)
        if let whole = Int64(text) { return .int(whole) }
        return Double(text).map(JSONValue.double)
    }

    private func isJSONNumber(_ text: String) -> Bool {
        let digits = text.drop { $0 == "-" }
        guard text.utf8.count - digits.utf8.count <= 1, let first = digits.first, first.isNumber else { return false }
        guard let last = text.last, last.isNumber else { return false }
        return first != "0" || digits.dropFirst().first?.isNumber != true
    }

    private mutating func literal(_ text: String, _ value: JSONValue) -> JSONValue? {
        guard rest.starts(with: text.utf8) else { return nil }
        rest.removeFirst(text.utf8.count)
        return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipSpace() {
        while let byte = rest.first, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { rest.removeFirst() }
    }
}
