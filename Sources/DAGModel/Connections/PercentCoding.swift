/// Percent-encoding as Python's `urllib.parse` does it.
enum PercentCoding {
    /// The bytes that `%XX` stands for; a `%` without two hexadecimal digits stays, and what is not UTF-8 becomes U+FFFD.
    static func decode(_ bytes: Bytes) -> String {
        var decoded = Bytes()
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = bytes[index + 1].hexDigitValue, let low = bytes[index + 2].hexDigitValue
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded.text
    }

    /// Every byte but letters, digits and `_.-~` as `%XX`.
    static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            if isUnreserved(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "~"): true
        default: byte.isASCIILetter || byte.isASCIIDigit
        }
    }

    /// A query of `key=value` pairs, a space written as `+`.
    static func encodeForm(_ pairs: [(String, String)]) -> String {
        pairs.map { "\(encodeFormPart($0.0))=\(encodeFormPart($0.1))" }.joined(separator: "&")
    }

    private static func encodeFormPart(_ text: String) -> String {
        text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { encode(String(decoding: $0, as: UTF8.self)) }.joined(separator: "+")
    }

    /// The pairs of a query; a pair without `=` has an empty value, an empty pair is none.
    static func decodeForm(_ query: Bytes) -> [(String, String)] {
        query.split(separator: UInt8(ascii: "&")).map { part in
            let pair = Bytes(part)
            let (name, value) = pair.split(atFirst: "=") ?? (pair, [])
            return (decodeFormPart(name), decodeFormPart(value))
        }
    }

    private static func decodeFormPart(_ bytes: Bytes) -> String {
        decode(bytes.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 })
    }
}
