/// A statement and its values. Every interpolated value is bound as a parameter; it never becomes part of the text.
///
/// ```swift
/// let update: SQL = "UPDATE pool SET slots = \(slots) WHERE name = \(name)"
/// ```
/// Only literals of the program make up the text: literals here are `StaticString`, so a string that came from a user
/// cannot be one. Values are sent with their own type (`String` as text): where the column's type is another, cast, as
/// in `\(id)::uuid` or `\(state)::task_state`.
package struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The text before, between and after the parameters: always one more than there are parameters.
    private(set) var pieces: [String]
    private(set) var parameters: PostgresParameters

    package init(stringLiteral literal: StaticString) {
        pieces = [literal.description]
        parameters = PostgresParameters()
    }

    init(pieces: [String], parameters: PostgresParameters) {
        self.pieces = pieces
        self.parameters = parameters
    }

    package init(stringInterpolation interpolation: StringInterpolation) {
        pieces = interpolation.pieces
        parameters = interpolation.parameters
    }

    /// The text that the server gets, with `$1` and so on.
    package var text: String {
        guard pieces.count > 1 else { return pieces[0] }
        var text = pieces[0]
        for index in 1..<pieces.count {
            text += "$"
            text += String(index)
            text += pieces[index]
        }
        return text
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var pieces = [""]
        fileprivate var parameters = PostgresParameters()

        package init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(interpolationCount + 1)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            literal.withUTF8Buffer { append(String(decoding: $0, as: UTF8.self)) }
        }

        /// Binds a value.
        package mutating func appendInterpolation<Value: PostgresBindable>(_ value: Value) {
            parameters.append(value)
            pieces.append("")
        }

        /// Binds a value or NULL. (The compiler warns of optionals in other interpolations.)
        package mutating func appendInterpolation<Value: PostgresBindable>(_ value: Value?) {
            parameters.append(value)
            pieces.append("")
        }

        /// Inserts a text of the program, as a column list that several statements share.
        package mutating func appendInterpolation(raw text: RawSQL) { append(text.text) }

        /// Inserts a name of a table, a column or a channel, quoted.
        package mutating func appendInterpolation(identifier name: String) {
            append("\"\(name.replacing("\"", with: "\"\""))\"")
        }

        /// Inserts another statement's text with its values, as a condition that was put together before.
        package mutating func appendInterpolation(_ fragment: SQL) {
            append(fragment.pieces[0])
            pieces += fragment.pieces.dropFirst()
            parameters.append(fragment.parameters)
        }

        private mutating func append(_ text: String) { pieces[pieces.count - 1] += text }
    }
}

/// SQL text written in the program.
package struct RawSQL: Sendable {
    let text: String

    package init(_ text: StaticString) { self.text = text.description }

    /// Of texts of the program.
    init(built text: String) { self.text = text }
}

/// A whole SQL file that is part of the program, as a migration: several statements, no values, never user input.
package struct SQLScript: Sendable {
    let text: String

    /// A script from a file that was embedded at build time.
    package init(embedded bytes: [UInt8]) { text = String(decoding: bytes, as: UTF8.self) }

    package init(_ text: StaticString) { self.text = text.description }
}
