extension PythonJSON {
    /// Where and why a text is not JSON. Never holds a part of the text.
    package struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong.
        package enum Problem: Hashable, Sendable {
            case expected(String)
            case unterminatedString
            case controlCharacter
            case badEscape
            case loneSurrogate
            case tooManyDigits(Int)
            case tooDeep
            case repeatedName(String)
            case trailingText
        }

        package var problem: Problem
        /// Counted from 1.
        package var line: Int
        /// Counted from 1, in bytes.
        package var column: Int

        package var description: String { "line \(line), column \(column): \(problem.sentence)" }
    }

    /// Reads one JSON value, with white space around it.
    /// - Parameter uniqueNames: Whether a name repeated inside an object is an error. Defaults to no: the last wins.
    package init(text: String, uniqueNames: Bool = false) throws(SyntaxError) {
        var reader = Reader(bytes: Bytes(text), uniqueNames: uniqueNames)
        self = try reader.readWhole()
    }
}

extension PythonJSON.SyntaxError.Problem {
    fileprivate var sentence: String {
        switch self {
        case .expected(let what): "\(what) is missing"
        case .unterminatedString: "a string has no closing quote"
        case .controlCharacter:
            "a string holds a line break or another control character; write it as an escape such as \\n"
        case .badEscape: "a string holds an unknown escape after \\"
        case .loneSurrogate: "a string holds half of a surrogate pair (\\ud800 to \\udfff), which is no character"
        case .tooManyDigits(let digits): "a number has \(digits) digits; at most \(PythonJSON.mostDigits) are read"
        case .tooDeep: "more than \(PythonJSON.Reader.deepest) levels are nested"
        case .repeatedName(let name): "the name \"\(name)\" occurs twice"
        case .trailingText: "text follows after the end of the value"
        }
    }
}

extension PythonJSON {
    fileprivate struct Reader {
        static let deepest = 500

        let bytes: Bytes
        let uniqueNames: Bool
        var index = 0
        var depth = 0

        init(bytes: Bytes, uniqueNames: Bool) {
            self.bytes = bytes
            self.uniqueNames = uniqueNames
        }

        mutating func readWhole() throws(SyntaxError) -> PythonJSON {
            skipSpace()
            let value = try readValue()
            skipSpace()
            guard index == bytes.count else { throw problem(.trailingText) }
            return value
        }

        private mutating func readValue() throws(SyntaxError) -> PythonJSON {
            switch peek {
            case UInt8(ascii: "\""): return .string(try readString())
            case UInt8(ascii: "{"): return .object(try nested { reader throws(SyntaxError) in try reader.readObject() })
            case UInt8(ascii: "["): return .array(try nested { reader throws(SyntaxError) in try reader.readArray() })
            default:
                if let word = readWord() { return word }
                return try readNumber()
            }
        }

        private mutating func readWord() -> PythonJSON? {
            for (word, value) in Self.words where bytes[index...].starts(with: word) {
                index += word.count
                return value
            }
            return nil
        }

        private static let words: [(Bytes, PythonJSON)] = [
            (Bytes("null"), .null), (Bytes("true"), .bool(true)), (Bytes("false"), .bool(false)),
            (Bytes("NaN"), .double(.nan)), (Bytes("Infinity"), .double(.infinity)),
            (Bytes("-Infinity"), .double(-.infinity)),
        ]

        private mutating func nested<Value>(
            _ read: (inout Reader) throws(SyntaxError) -> Value
        ) throws(SyntaxError) -> Value {
            guard depth < Self.deepest else { throw problem(.tooDeep) }
            depth += 1
            index += 1
            let value = try read(&self)
            depth -= 1
            return value
        }

        private mutating func readObject() throws(SyntaxError) -> Object {
            var object = Object()
            skipSpace()
            guard !take("}") else { return object }
            while true {
                guard peek == UInt8(ascii: "\"") else { throw problem(.expected("a name in double quotes")) }
                let start = index
                let name = try readString()
                if uniqueNames, object[name] != nil { throw problem(.repeatedName(name), at: start) }
                skipSpace()
                guard take(":") else { throw problem(.expected("\":\" after a name")) }
                skipSpace()
                object[name] = try readValue()
                skipSpace()
                if take("}") { return object }
                guard take(",") else { throw problem(.expected("\",\" or \"}\"")) }
                skipSpace()
            }
        }

        private mutating func readArray() throws(SyntaxError) -> [PythonJSON] {
            var values: [PythonJSON] = []
            skipSpace()
            guard !take("]") else { return values }
            while true {
                values.append(try readValue())
                skipSpace()
                if take("]") { return values }
                guard take(",") else { throw problem(.expected("\",\" or \"]\"")) }
                skipSpace()
            }
        }
    }
}

// MARK: - Numbers

extension PythonJSON.Reader {
    fileprivate mutating func readNumber() throws(PythonJSON.SyntaxError) -> PythonJSON {
        let start = index
        let negative = take("-")
        let whole = takeDigits()
        guard let first = whole.first else { throw problem(.expected("a value"), at: start) }
        // A leading zero stands alone: what follows it is text after the value.
        if first == UInt8(ascii: "0"), whole.count > 1 { index -= whole.count - 1 }
        let digits = first == UInt8(ascii: "0") ? Bytes("0") : whole
        let endOfWhole = index
        takeFractionAndExponent()
        guard index == endOfWhole else { return .double(Double(Bytes(bytes[start..<index]).text) ?? .nan) }
        guard digits.count <= PythonJSON.mostDigits else { throw problem(.tooManyDigits(digits.count), at: start) }
        return .integer(negative && digits != Bytes("0") ? "-\(digits.text)" : digits.text)
    }

    private mutating func takeFractionAndExponent() {
        var end = index
        if take("."), !takeDigits().isEmpty { end = index }
        index = end
        guard take("e") || take("E") else { return }
        _ = take("+") || take("-")
        if takeDigits().isEmpty { index = end }
    }

    private mutating func takeDigits() -> Bytes {
        let digits = bytes[index...].prefix(while: \.isASCIIDigit)
        index += digits.count
        return Bytes(digits)
    }
}

// MARK: - Strings

extension PythonJSON.Reader {
    fileprivate mutating func readString() throws(PythonJSON.SyntaxError) -> String {
        let start = index
        index += 1
        var content = Bytes()
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return content.text
            case UInt8(ascii: "\\"): content += try readEscape(stringStart: start)
            case ..<0x20: throw problem(.controlCharacter)
            default:
                content.append(byte)
                index += 1
            }
        }
        throw problem(.unterminatedString, at: start)
    }

    private mutating func readEscape(stringStart: Int) throws(PythonJSON.SyntaxError) -> Bytes {
        guard index + 1 < bytes.count else { throw problem(.unterminatedString, at: stringStart) }
        if bytes[index + 1] == UInt8(ascii: "u") { return try readUnicodeEscape() }
        guard let plain = Self.escapes[bytes[index + 1]] else { throw problem(.badEscape) }
        index += 2
        return [plain]
    }

    private static let escapes: [UInt8: UInt8] = [
        0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
    ]

    private mutating func readUnicodeEscape() throws(PythonJSON.SyntaxError) -> Bytes {
        let start = index
        let high = try readHexUnit()
        if let scalar = Unicode.Scalar(high) { return Bytes(String(scalar)) }
        guard high < 0xDC00, bytes[index...].starts(with: Bytes("\\u")) else {
            throw problem(.loneSurrogate, at: start)
        }
        let low = try readHexUnit()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        else { throw problem(.loneSurrogate, at: start) }
        return Bytes(String(scalar))
    }

    private mutating func readHexUnit() throws(PythonJSON.SyntaxError) -> UInt32 {
        let digits = bytes[index...].dropFirst(2).prefix(4).compactMap(\.hexDigitValue)
        guard digits.count == 4 else { throw problem(.badEscape) }
        index += 6
        return digits.reduce(0) { $0 << 4 | UInt32($1) }
    }
}

// MARK: - Bytes

extension PythonJSON.Reader {
    fileprivate var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    fileprivate mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: scalar) else { return false }
        index += 1
        return true
    }

    fileprivate mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D { index += 1 }
    }

    fileprivate func problem(
        _ problem: PythonJSON.SyntaxError.Problem, at position: Int? = nil
    ) -> PythonJSON.SyntaxError {
        let before = bytes[..<(position ?? index)]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return PythonJSON.SyntaxError(
            problem: problem, line: before.count { $0 == 0x0A } + 1, column: before.count - lineStart + 1)
    }
}
