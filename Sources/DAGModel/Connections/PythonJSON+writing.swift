extension PythonJSON {
    /// The text that `json.dumps` writes: `", "` and `": "` between, everything beyond ASCII escaped.
    /// - Parameter indent: Spaces per level, each member on its own line. Defaults to none: one line.
    package func text(indent: Int? = nil) -> String {
        var writer = Writer(indent: indent)
        writer.write(self, depth: 0)
        return writer.text
    }

    private struct Writer {
        let indent: Int?
        var text = ""

        mutating func write(_ value: PythonJSON, depth: Int) {
            switch value {
            case .null: text += "null"
            case .bool(let value): text += value ? "true" : "false"
            case .integer(let digits): text += digits
            case .double(let value): text += PythonJSON.numberText(value)
            case .string(let value): write(string: value)
            case .array(let values):
                write(values, between: ("[", "]"), depth: depth) { $0.write($1, depth: depth + 1) }
            case .object(let object):
                write(object.members, between: ("{", "}"), depth: depth) { writer, member in
                    writer.write(string: member.name)
                    writer.text += ": "
                    writer.write(member.value, depth: depth + 1)
                }
            }
        }

        private mutating func write<Element>(
            _ elements: [Element], between brackets: (String, String), depth: Int, each: (inout Writer, Element) -> Void
        ) {
            text += brackets.0
            for (index, element) in elements.enumerated() {
                if index > 0 { text += indent == nil ? ", " : "," }
                breakLine(depth: depth + 1)
                each(&self, element)
            }
            if !elements.isEmpty { breakLine(depth: depth) }
            text += brackets.1
        }

        private mutating func breakLine(depth: Int) {
            guard let indent else { return }
            text += "\n" + String(repeating: " ", count: indent * depth)
        }

        private mutating func write(string: String) {
            text += "\""
            for unit in string.utf16 {
                switch unit {
                case 0x22: text += "\\\""
                case 0x5C: text += "\\\\"
                case 0x0A: text += "\\n"
                case 0x0D: text += "\\r"
                case 0x09: text += "\\t"
                case 0x0C: text += "\\f"
                case 0x08: text += "\\b"
                case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
                default: text += "\\u" + PythonText.hex(UInt32(unit), digits: 4)
                }
            }
            text += "\""
        }
    }

    /// The shortest digits that give the same number again, with an exponent below 1e-4 and from 1e16.
    package static func numberText(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity" }
        let (digits, point) = decimalDigits(value.magnitude)
        return (value.sign == .minus ? "-" : "") + layOut(digits, point: point)
    }

    /// The significant digits, and how many of them stand before the decimal point.
    private static func decimalDigits(_ value: Double) -> (digits: Bytes, point: Int) {
        guard value != 0 else { return (Bytes("0"), 1) }
        let text = Bytes(value.description)
        let (mantissa, exponent) = text.split(atFirst: "e") ?? (text, Bytes("0"))
        let (whole, fraction) = mantissa.split(atFirst: ".") ?? (mantissa, [])
        let all = whole + fraction
        let leading = all.prefix { $0 == UInt8(ascii: "0") }.count
        var digits = Bytes(all.dropFirst(leading))
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, whole.count - leading + (Int(exponent.text) ?? 0))
    }

    private static func layOut(_ digits: Bytes, point: Int) -> String {
        switch point {
        case -3...0: return "0." + String(repeating: "0", count: -point) + digits.text
        case 1...16:
            guard point < digits.count else {
                return digits.text + String(repeating: "0", count: point - digits.count) + ".0"
            }
            return Bytes(digits[..<point]).text + "." + Bytes(digits[point...]).text
        default:
            let exponent = point - 1
            let fraction = digits.count > 1 ? "." + Bytes(digits.dropFirst()).text : ""
            let size = String(exponent.magnitude)
            return Bytes(digits.prefix(1)).text + fraction + (exponent < 0 ? "e-" : "e+")
                + (size.utf8.count < 2 ? "0\(size)" : size)
        }
    }
}
