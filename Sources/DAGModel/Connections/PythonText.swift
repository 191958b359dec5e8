/// Text operations whose results Airflow shows to its users.
package enum PythonText {
    /// Lower case, with the one rule that depends on the neighbours: a capital sigma at the end of a word becomes ς.
    static func lowercase(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = ""
        for (index, scalar) in scalars.enumerated() {
            if scalar == "Σ" {
                result += endsWord(scalars, index) ? "ς" : "σ"
            } else {
                result += scalar.properties.lowercaseMapping
            }
        }
        return result
    }

    private static func endsWord(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        let before = scalars[..<index].reversed().first { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && after?.properties.isCased != true
    }

    /// The text between quotes, as Python's `repr` writes it.
    static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        var result = String(quote)
        for scalar in scalars {
            result += scalar == quote ? "\\\(scalar)" : escaped(scalar)
        }
        return result + String(quote)
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\\": "\\\\"
        case "\t": "\\t"
        case "\n": "\\n"
        case "\r": "\\r"
        default: isPrintable(scalar) ? String(scalar) : hexEscape(scalar.value)
        }
    }

    private static func hexEscape(_ value: UInt32) -> String {
        switch value {
        case ..<0x100: "\\x" + hex(value, digits: 2)
        case ..<0x10000: "\\u" + hex(value, digits: 4)
        default: "\\U" + hex(value, digits: 8)
        }
    }

    static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// The text on one line: control and other invisible characters become escapes.
    package static func visible(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { $0 += isPrintable($1) ? String($1) : hexEscape($1.value) }
    }

    /// Whether `\w` of a Python regular expression matches: letters, digits and the underscore.
    package static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: scalar == "_" || scalar.properties.numericType != nil
        }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }
}
