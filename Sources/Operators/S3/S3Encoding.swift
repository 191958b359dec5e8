/// Percent encoding as AWS signs it: every byte except letters, digits and `-._~`.
enum S3Encoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// A query name or value.
    static func query(_ text: String) -> String { encode(text, keepingSlash: false) }

    /// A path, whose slashes stay.
    static func path(_ text: String) -> String { encode(text, keepingSlash: true) }

    /// The parameters in the order that is signed and sent: by encoded name, then by encoded value.
    static func query(_ parameters: [(name: String, value: String)]) -> String {
        parameters.map { (query($0.name), query($0.value)) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            .map { "\($0)=\($1)" }
            .joined(separator: "&")
    }

    /// Undoes the encoding of names in a listing with `encoding-type=url`, where a plus stands for a space.
    static func decodeListed(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(rest.prefix(2)) ?? "", radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func encode(_ text: String, keepingSlash: Bool) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            case UInt8(ascii: "/") where keepingSlash: encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
