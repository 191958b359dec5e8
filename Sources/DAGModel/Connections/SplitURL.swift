/// A URL cut into its parts, nothing decoded, as Python's `urlsplit` cuts it.
struct SplitURL {
    var scheme = ""
    var authority = Bytes()
    var path = Bytes()
    var query = Bytes()

    /// - Throws: ``ConnectionURIError`` where brackets in the authority do not hold an IPv6 address, or where a character
    ///   in it would turn into a delimiter when normalised.
    init(_ url: Bytes) throws(ConnectionURIError) {
        var rest = Bytes(url.drop { $0 <= 0x20 }.filter { $0 != 0x09 && $0 != 0x0A && $0 != 0x0D })
        takeScheme(from: &rest)
        if rest.starts(with: Bytes("//")) {
            takeAuthority(from: &rest)
            try checkBrackets()
        }
        rest = rest.split(atFirst: "#")?.before ?? rest
        (path, query) = rest.split(atFirst: "?") ?? (rest, [])
        try checkNormalisation()
    }

    private mutating func takeScheme(from rest: inout Bytes) {
        guard let (before, after) = rest.split(atFirst: ":"), before.first?.isASCIILetter == true else { return }
        let allowed = before.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || Array("+-.".utf8).contains($0) }
        guard allowed else { return }
        scheme = before.text.lowercased()
        rest = after
    }

    private mutating func takeAuthority(from rest: inout Bytes) {
        let body = rest.dropFirst(2)
        let end = body.firstIndex { Array("/?#".utf8).contains($0) } ?? body.endIndex
        authority = Bytes(body[..<end])
        rest = Bytes(body[end...])
    }

    private func checkBrackets() throws(ConnectionURIError) {
        guard authority.contains("[") || authority.contains("]") else { return }
        guard authority.contains("["), authority.contains("]") else { throw .unbalancedBrackets }
        let inner = authority.split(atFirst: "[")?.after ?? []
        try IPAddressText.checkBracketed((inner.split(atFirst: "]")?.before ?? inner).text)
    }

    private func checkNormalisation() throws(ConnectionURIError) {
        guard !authority.text.unicodeScalars.contains(where: { Self.normalisesToDelimiter.contains($0.value) }) else {
            throw .disguisedDelimiter(authority.text)
        }
    }

    /// The characters whose compatibility form (Unicode NFKC) contains one of `/?#@:`.
    private static let normalisesToDelimiter: Set<UInt32> = [
        0x2047, 0x2048, 0x2049, 0x2100, 0x2101, 0x2105, 0x2106, 0x2A74, 0xFE13, 0xFE16, 0xFE55, 0xFE56, 0xFE5F, 0xFE6B,
        0xFF03, 0xFF0F, 0xFF1A, 0xFF1F, 0xFF20,
    ]
}

// MARK: - The parts of the authority

extension SplitURL {
    /// User name and password in front of the last `@`, still encoded. No `@`: neither; no `:`: no password.
    var userInfo: (login: Bytes?, password: Bytes?) {
        guard let info = authority.split(atLast: "@")?.before else { return (nil, nil) }
        guard let (login, password) = info.split(atFirst: ":") else { return (info, nil) }
        return (login, password)
    }

    /// The host, still encoded, in lower case up to the first `%`.
    var hostName: Bytes {
        let host = hostAndPort.host
        guard let (name, rest) = host.split(atFirst: "%") else { return Bytes(PythonText.lowercase(host.text)) }
        return Bytes(PythonText.lowercase(name.text)) + Bytes("%") + rest
    }

    /// The port, or none.
    func port() throws(ConnectionURIError) -> Int? {
        let digits = hostAndPort.port
        guard !digits.isEmpty else { return nil }
        guard digits.allSatisfy(\.isASCIIDigit) else { throw .portNotANumber(digits.text) }
        guard digits.count <= PythonJSON.mostDigits else { throw .tooManyDigits(digits.count) }
        guard let port = Int(digits.text), port <= 65535 else { throw .portOutOfRange }
        return port
    }

    private var hostAndPort: (host: Bytes, port: Bytes) {
        let info = authority.split(atLast: "@")?.after ?? authority
        if let (_, bracketed) = info.split(atFirst: "[") {
            let (host, rest) = bracketed.split(atFirst: "]") ?? (bracketed, [])
            return (host, rest.split(atFirst: ":")?.after ?? [])
        }
        return info.split(atFirst: ":") ?? (info, [])
    }
}
