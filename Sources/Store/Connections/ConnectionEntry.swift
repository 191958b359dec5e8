package import DAGModel

/// What an import does with a secret.
package enum SecretUpdate<Value: Hashable & Sendable>: Hashable, Sendable {
    /// The file does not say, or shows a mask: what is stored stays.
    case keep
    case set(Value)
    case clear
}

/// A connection as a file or a request describes it: complete, except that secrets may be left out.
package struct ConnectionEntry: Hashable, Sendable {
    /// Everything but password and extra.
    package var connection: Connection
    package var password: SecretUpdate<String>
    /// The text of a JSON object, in which ``ConnectionExtra/mask`` stands for a secret that is kept.
    package var extra: SecretUpdate<String>

    /// Describes an entry. Its password and extra are what `password` and `extra` say, whatever `connection` holds.
    package init(connection: Connection, password: SecretUpdate<String> = .keep, extra: SecretUpdate<String> = .keep) {
        self.connection = connection
        self.connection.password = nil
        self.connection.extra = nil
        self.password = password
        self.extra = extra
    }
}

extension ConnectionEntry {
    /// The connection to store, given the one that is stored under the same id.
    ///
    /// A secret that the entry leaves out or masks keeps its stored value, also inside `extra`; a secret key of `extra`
    /// is removed by `null`.
    package func merged(over stored: Connection?) -> Connection {
        var result = connection
        result.password = password.applied(to: stored?.password)
        result.extra = extra.applied(to: stored?.extra, merge: Self.mergedExtra)
        return result
    }

    /// The secrets that the entry masks although nothing is stored for them, such as `password` and `extra.token`.
    package func unresolvedMasks(over stored: Connection?) -> [String] {
        let merged = merged(over: stored)
        var names = masksPassword && stored?.password == nil ? ["password"] : []
        if let text = merged.extra, let object = try? ConnectionExtra.parse(text) {
            names += object.maskedPaths(prefix: "extra")
        }
        return names
    }

    private var masksPassword: Bool { password == .set(ConnectionExtra.mask) }

    private static func mergedExtra(_ text: String, stored: String?) -> String {
        guard let new = try? ConnectionExtra.parse(text) else { return text }
        let old = stored.flatMap { try? ConnectionExtra.parse($0) } ?? PythonJSON.Object()
        let merged = new.keepingSecrets(of: old)
        return merged == new ? text : PythonJSON.object(merged).text()
    }
}

extension SecretUpdate<String> {
    fileprivate func applied(to stored: String?, merge: (String, String?) -> String = { new, _ in new }) -> String? {
        switch self {
        case .keep: stored
        case .clear: nil
        case .set(ConnectionExtra.mask): stored
        case .set(let value): merge(value, stored)
        }
    }
}

extension PythonJSON.Object {
    /// This object, with the old object's secrets where this one masks them or does not mention them.
    fileprivate func keepingSecrets(of old: PythonJSON.Object) -> PythonJSON.Object {
        var result = self
        for (name, value) in members { result[name] = value.keepingSecrets(of: old[name]) }
        for (name, value) in old.members where self[name] == nil && ConnectionExtra.isSecret(key: name) {
            result[name] = value
        }
        for (name, value) in members where value == .null && ConnectionExtra.isSecret(key: name) { result[name] = nil }
        return result
    }

    /// Where a mask stands for a secret.
    fileprivate func maskedPaths(prefix: String) -> [String] {
        members.flatMap { name, value in value.maskedPaths(path: "\(prefix).\(name)") }
    }
}

extension PythonJSON {
    fileprivate func keepingSecrets(of old: PythonJSON?) -> PythonJSON {
        switch (self, old) {
        case (.string(ConnectionExtra.mask), let old?): old
        case (.object(let new), .object(let old)?): .object(new.keepingSecrets(of: old))
        case (.array(let new), .array(let old)?):
            .array(new.enumerated().map { $1.keepingSecrets(of: $0 < old.count ? old[$0] : nil) })
        default: self
        }
    }

    fileprivate func maskedPaths(path: String) -> [String] {
        switch self {
        case .string(ConnectionExtra.mask): [path]
        case .object(let object): object.maskedPaths(prefix: path)
        case .array(let values): values.enumerated().flatMap { $1.maskedPaths(path: "\(path)[\($0)]") }
        default: []
        }
    }
}
