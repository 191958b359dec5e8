/// Airflow's URI form of a connection: `type://login:password@host:port/schema?key=value`, every part percent-encoded.
///
/// ```swift
/// let pg = try Connection(id: "pg", uri: "postgresql://u:p%40ss@db:5432/app?sslmode=require")
/// pg.type      // "postgres"
/// pg.extra     // {"sslmode": "require"}
/// pg.uri       // postgres://u:p%40ss@db:5432/app?sslmode=require
/// ```
extension Connection {
    /// Reads the URI form. A second protocol belongs to the host: `http://https://example.com`.
    /// - Throws: ``ConnectionURIError``.
    package init(id: String, uri: String) throws(ConnectionURIError) {
        guard !uri.isEmpty else { throw .empty }
        let separator = Bytes("://")
        let whole = Bytes(uri)
        let count = whole.occurrences(of: separator).count
        guard count <= 2 else { throw .severalProtocols }

        let scheme = try SplitURL(whole).scheme
        let rest = whole.replacing(Bytes(scheme) + separator, with: count == 2 ? [] : Bytes("//"))
        if count == 2 { try Self.checkHostProtocol(rest) }
        let parts = try SplitURL(rest)
        let host = Self.host(of: parts)
        let (login, password) = parts.userInfo

        self.init(
            id: id, type: Self.type(ofScheme: scheme),
            host: count == 2 && !host.isEmpty && !parts.scheme.isEmpty ? "\(parts.scheme)://\(host)" : host,
            login: login.map(PercentCoding.decode), password: password.map(PercentCoding.decode).nilIfEmpty,
            schema: PercentCoding.decode(Self.schema(ofPath: parts.path)), port: try parts.port(),
            extra: try Self.extra(ofQuery: parts.query))
    }

    /// The type that a URI's scheme means: `postgres` for `postgresql`, an underscore for each dash.
    package static func type(ofScheme scheme: String) -> String {
        scheme == "postgresql" ? "postgres" : Bytes(scheme).replacing(Bytes("-"), with: Bytes("_")).text
    }

    private static func checkHostProtocol(_ rest: Bytes) throws(ConnectionURIError) {
        let before = rest.occurrences(of: Bytes("://")).first.map { Bytes(rest[..<$0]) } ?? rest
        guard !before.contains("@"), !before.contains(":") else { throw .severalProtocols }
    }

    /// A host that hides a path (an encoded `/`) keeps its letters; any other is lower case.
    private static func host(of parts: SplitURL) -> String {
        let host = PercentCoding.decode(parts.hostName)
        guard Bytes(host).contains("/") else { return host }
        let whole = parts.authority.split(atLast: "@")?.after ?? parts.authority
        return PercentCoding.decode(whole.split(atFirst: ":")?.before ?? whole)
    }

    /// The path without its first character, which is a `/` in every sensible URI.
    private static func schema(ofPath path: Bytes) -> Bytes {
        Bytes(path.dropFirst().drop { $0 & 0b1100_0000 == 0b1000_0000 })
    }

    private static func extra(ofQuery query: Bytes) throws(ConnectionURIError) -> String? {
        guard !query.isEmpty else { return nil }
        var pairs = PythonJSON.Object()
        for (name, value) in PercentCoding.decodeForm(query) { pairs[name] = .string(value) }
        if case .string(let text)? = pairs[extraKey] {
            if !text.isEmpty { _ = try ConnectionExtra.parse(text) }
            return text
        }
        return PythonJSON.object(try pairs.mapValues(decodeWhereJSON)).text()
    }

    private static func decodeWhereJSON(_ value: PythonJSON) throws(ConnectionURIError) -> PythonJSON {
        guard case .string(let text) = value, !text.isEmpty else { return value }
        do {
            return try PythonJSON(text: text)
        } catch {
            switch error.problem {
            case .tooManyDigits(let digits): throw .tooManyDigits(digits)
            case .loneSurrogate: throw .extraNotUnicode
            default: return value
            }
        }
    }

    static let extraKey = "__extra__"
}

extension String? {
    /// Airflow knows no empty password: it stores none.
    fileprivate var nilIfEmpty: String? { self?.isEmpty == true ? nil : self }
}
