internal import Crypto
internal import FoundationEssentials

/// The keys that seal connections and variables: the first one encrypts, all of them decrypt.
///
/// A key ring is a file with one key per line, an id and 32 bytes in Base64, only readable by its owner:
///
/// ```text
/// # Slipstream key ring: the first key encrypts, all decrypt.
/// 4f1c09aa 3q2+7w…=
/// ```
package struct KeyRing: Sendable {
    struct Key: Sendable {
        let id: String
        let secret: SymmetricKey
    }

    let keys: [Key]

    /// The id of the key that encrypts.
    package var currentKeyID: String { current.id }
    /// The ids of all keys, the one that encrypts first.
    package var keyIDs: [String] { keys.map(\.id) }

    let current: Key

    func key(_ id: String) -> Key? { keys.first { $0.id == id } }

    /// Reads a key ring's text.
    /// - Throws: ``KeyRingError`` with the line; never with a key.
    package init(text: String, file: String) throws(KeyRingError) {
        var keys: [Key] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
            guard let id = words.first, !id.hasPrefix("#") else { continue }
            guard words.count == 2, let secret = Data(base64Encoded: String(words[1])), secret.count == 32 else {
                throw KeyRingError(file: file, reason: "line \(index + 1) is not a key id and 32 bytes in Base64")
            }
            guard Self.isID(id) else {
                throw KeyRingError(
                    file: file, reason: "line \(index + 1): a key id is 1 to 32 letters, digits, - and _")
            }
            guard !keys.contains(where: { $0.id == id }) else {
                throw KeyRingError(file: file, reason: "line \(index + 1) repeats the key id \(id)")
            }
            keys.append(Key(id: String(id), secret: SymmetricKey(data: secret)))
        }
        guard let current = keys.first else { throw KeyRingError(file: file, reason: "holds no key") }
        self.keys = keys
        self.current = current
    }

    private static func isID(_ text: Substring) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }

    /// A line with a new random key.
    static func newKeyLine() -> String {
        let id = UInt32.random(in: .min ... .max)
        let digits = String(id, radix: 16)
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
        return "\(String(repeating: "0", count: 8 - digits.count))\(digits) \(secret)\n"
    }
}

/// Why a key ring cannot be used.
package struct KeyRingError: Error, CustomStringConvertible, Sendable {
    /// The key ring's path.
    package let file: String
    /// What is wrong and what to do; never a key.
    package let reason: String

    package var description: String { "key ring \(file): \(reason)" }
}
