internal import DAGModel
internal import FoundationEssentials

/// The forms in which a secret turns up in logs.
enum SecretForms {
    static let shortest = 4

    /// The secret as it is, in JSON, in URLs, and as part of something that was encoded in base64 (a `Basic` header, for example);
    /// empty for one that is too short to be told from ordinary text.
    static func all(of secret: String) -> Set<[UInt8]> {
        let bytes = Array(secret.utf8)
        guard bytes.count >= shortest else { return [] }
        var forms: Set<[UInt8]> = [bytes, json(secret)]
        for (upper, plus) in [(true, false), (false, false), (true, true)] {
            forms.insert(urlEncoded(bytes, upperCase: upper, plusForSpace: plus))
        }
        for form in base64(bytes) where form.count >= 6 { forms.insert(form) }
        return forms
    }

    private static func json(_ secret: String) -> [UInt8] {
        Array(JSONValue.string(secret).compactJSON.utf8.dropFirst().dropLast())
    }

    private static func urlEncoded(_ bytes: [UInt8], upperCase: Bool, plusForSpace: Bool) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                return [byte]
            case UInt8(ascii: " ") where plusForSpace: return [UInt8(ascii: "+")]
            default:
                let digits = String(byte, radix: 16, uppercase: upperCase)
                return Array("%\(digits.count < 2 ? "0" : "")\(digits)".utf8)
            }
        }
    }

    /// Base64 writes three bytes as four letters, so a secret inside a longer text has three forms; the letters at either end that
    /// also depend on its neighbours are left out. Both alphabets.
    private static func base64(_ bytes: [UInt8]) -> [[UInt8]] {
        (0..<3).flatMap { offset -> [[UInt8]] in
            let padded = Data([UInt8](repeating: 0, count: offset) + bytes)
            let letters = Array(padded.base64EncodedString().utf8)
            let first = (offset * 8 + 5) / 6
            let end = (offset + bytes.count) * 8 / 6
            guard first < end else { return [] }
            let standard = Array(letters[first..<end])
            let forURLs = standard.map { letter -> UInt8 in
                switch letter {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: letter
                }
            }
            return [standard, forURLs]
        }
    }
}

/// Which parts of a connection are secret.
enum ConnectionSecrets {
    /// Names of settings whose values are secret, as in Airflow's `secrets_masker`.
    private static let sensitiveParts = [
        "access_token", "api_key", "apikey", "authorization", "credential", "keyfile", "passphrase", "passwd",
        "password",
        "private_key", "secret", "token", "access_key",
    ]

    static func isSensitive(_ name: String) -> Bool {
        let name = name.lowercased()
        return sensitiveParts.contains { name.contains($0) }
    }

    /// The secrets inside the JSON of a connection: its password, and what stands under sensitive names in its extra settings.
    static func secrets(in json: [UInt8]) -> [String] {
        guard let connection = try? JSONDecoder().decode(JSONValue.self, from: Data(json)) else { return [] }
        return [connection["password"]?.stringValue].compactMap { $0 }
            + secrets(in: connection["extra"] ?? .null, isSecret: false)
    }

    private static func secrets(in value: JSONValue, isSecret: Bool) -> [String] {
        switch value {
        case .string(let text): return isSecret ? [text] : []
        case .array(let values): return values.flatMap { secrets(in: $0, isSecret: isSecret) }
        case .object(let members):
            return members.flatMap { secrets(in: $1, isSecret: isSecret || isSensitive($0)) }
        default: return []
        }
    }
}
