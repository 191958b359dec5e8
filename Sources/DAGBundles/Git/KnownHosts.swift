internal import Crypto
internal import FoundationEssentials

/// The host keys that an ssh remote may present, read from a file in OpenSSH's `known_hosts` format.
///
/// Plain names, `[host]:port`, wildcards, negations, hashed names and `@revoked` lines count; certificate authorities do not.
package struct KnownHosts: Sendable {
    package enum Verdict: Hashable, Sendable {
        case known
        /// The file has other keys for the host: of these types.
        case different(types: [String])
        case unknown
        case revoked
    }

    private struct Entry {
        var patterns: [String]
        var type: String
        var key: String
        var isRevoked: Bool
    }

    private var entries: [Entry] = []

    package init(_ text: String) {
        entries = text.split(whereSeparator: \.isNewline).compactMap { line in
            var words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { return nil }
            let isRevoked = first == "@revoked"
            if isRevoked { words.removeFirst() }
            guard words.count >= 3, !words[0].hasPrefix("@") else { return nil }
            return Entry(
                patterns: words[0].split(separator: ",").map(String.init), type: words[1], key: words[2],
                isRevoked: isRevoked)
        }
    }

    /// What the file says about a key that a host presented.
    ///
    /// - Parameter key: the key's bytes in ssh's wire format.
    package func verdict(host: String, port: Int, key: [UInt8]) -> Verdict {
        let name = Self.name(host: host, port: port)
        let entries = entries.filter { Self.matches($0.patterns, name) }
        let encoded = Data(key).base64EncodedString()
        if entries.contains(where: { $0.isRevoked && $0.key == encoded }) { return .revoked }
        let keys = entries.filter { !$0.isRevoked }
        if keys.contains(where: { $0.key == encoded }) { return .known }
        return keys.isEmpty ? .unknown : .different(types: keys.map(\.type))
    }

    /// The line to add to the file for a key.
    package static func line(host: String, port: Int, key: [UInt8]) -> String {
        "\(name(host: host, port: port)) \(type(of: key)) \(Data(key).base64EncodedString())"
    }

    /// The key's fingerprint as `ssh-keygen -l` prints it.
    package static func fingerprint(_ key: [UInt8]) -> String {
        let digest = Data(SHA256.hash(data: key)).base64EncodedString()
        return "SHA256:" + digest.prefix { $0 != "=" }
    }

    /// The key's type, which is the first string of its wire format.
    package static func type(of key: [UInt8]) -> String {
        guard key.count > 4 else { return "unknown" }
        let length = key[..<4].reduce(0) { $0 << 8 | Int($1) }
        return String(decoding: key.dropFirst(4).prefix(min(length, 64)), as: UTF8.self)
    }

    private static func name(host: String, port: Int) -> String {
        port == 22 ? host.lowercased() : "[\(host.lowercased())]:\(port)"
    }

    private static func matches(_ patterns: [String], _ name: String) -> Bool {
        if patterns.contains(where: { $0.hasPrefix("!") && wildcard($0.dropFirst(), name) }) { return false }
        return patterns.contains { pattern in
            pattern.hasPrefix("|1|") ? hashed(pattern, name) : wildcard(Substring(pattern.lowercased()), name)
        }
    }

    private static func hashed(_ pattern: String, _ name: String) -> Bool {
        let parts = pattern.split(separator: "|")
        guard parts.count == 3, let salt = Data(base64Encoded: String(parts[1])) else { return false }
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Data(name.utf8), using: SymmetricKey(data: salt))
        return Data(code).base64EncodedString() == parts[2]
    }

    private static func wildcard(_ pattern: Substring, _ name: String) -> Bool {
        guard pattern.contains(where: { $0 == "*" || $0 == "?" }) else { return pattern == name }
        let pattern = Array(pattern), name = Array(name)
        var reachable = Set([0])
        for symbol in pattern {
            reachable =
                switch symbol {
                case "*": Set((reachable.min() ?? name.count)...name.count)
                default:
                    Set(reachable.filter { $0 < name.count && (symbol == "?" || name[$0] == symbol) }.map { $0 + 1 })
                }
            if reachable.isEmpty { return false }
        }
        return reachable.contains(name.count)
    }
}
