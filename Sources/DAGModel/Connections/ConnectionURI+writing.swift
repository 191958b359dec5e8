extension Connection {
    /// The URI form, secrets included.
    ///
    /// The extra is written as `key=value` pairs where every value is a string, and as `__extra__=<JSON>` otherwise.
    /// Reading it again gives the same connection, except for what Airflow's form cannot hold: a description, port 0,
    /// and whether a missing part was `nil` or empty.
    package var uri: String {
        let scheme = PythonText.lowercase(type).utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
        var uri = type.isEmpty ? "//" : "\(Bytes(scheme).text)://"
        let (hostProtocol, host) = hostParts
        if let hostProtocol { uri += "\(hostProtocol)://" }
        let user = userPart
        uri += user
        if !host.isEmpty { uri += PercentCoding.encode(host) }
        if let port, port != 0 { uri += host.isEmpty && user.isEmpty ? "@:\(port)" : ":\(port)" }
        if let schema, !schema.isEmpty { uri += "/\(PercentCoding.encode(schema))" }
        if let query = queryPart { uri += (schema ?? "").isEmpty ? "/?\(query)" : "?\(query)" }
        return uri
    }

    /// The protocol in front of the host where it is not the connection's own type, and the host.
    private var hostParts: (hostProtocol: String?, host: String) {
        let whole = Bytes(host ?? "")
        guard let index = whole.occurrences(of: Bytes("://")).first else { return (nil, whole.text) }
        let hostProtocol = Bytes(whole[..<index]).text
        guard hostProtocol != type else { return (nil, whole.text) }
        return (hostProtocol.isEmpty ? nil : hostProtocol, Bytes(whole[(index + 3)...]).text)
    }

    private var userPart: String {
        var user = login.map(PercentCoding.encode) ?? ""
        if let password { user += ":\(PercentCoding.encode(password))" }
        return user.isEmpty ? "" : "\(user)@"
    }

    private var queryPart: String? {
        guard let extra, !extra.isEmpty else { return nil }
        let pairs = (try? ConnectionExtra.parse(extra))?.flatStrings ?? []
        return PercentCoding.encodeForm(pairs.isEmpty ? [(Self.extraKey, extra)] : pairs)
    }
}

extension PythonJSON.Object {
    /// The members where every value is a string; none otherwise.
    fileprivate var flatStrings: [(String, String)] {
        var pairs: [(String, String)] = []
        for (name, value) in members {
            guard case .string(let text) = value else { return [] }
            pairs.append((name, text))
        }
        return pairs
    }
}
