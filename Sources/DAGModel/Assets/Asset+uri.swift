// Addresses, in the one spelling that two files agree on, and what is wrong with them.
extension Asset {
    /// The longest name and URI, in bytes.
    package static let longest = 1_000
    /// The most bytes of JSON that may come with an event.
    package static let longestExtra = 16_384

    /// One spelling for each address: the scheme in lower case, the query sorted, without fragment and trailing slashes. A text that is no
    /// URL, and a URL whose scheme begins with `x-`, stays as it is.
    ///
    /// Source: Airflow 3.3.2, `sdk/definitions/asset/__init__.py`, `_sanitize_uri`.
    static func normalised(_ uri: String) -> String {
        guard let parts = URLParts(uri), !parts.scheme.hasPrefix("x-") else { return uri }
        var path = parts.path
        while path.hasSuffix("/") { path.removeLast() }
        let query = parts.query.split(separator: "&").sorted().joined(separator: "&")
        return "\(parts.scheme)://\(parts.authority)\(path.isEmpty ? "/" : path)\(query.isEmpty ? "" : "?\(query)")"
    }

    /// What is wrong with it: one sentence; nil for an asset that can be used.
    package var problem: String? {
        for (what, text) in [("name", name), ("URI", uri)] {
            if text.utf8.count > Asset.longest {
                return "the \(what) of an asset has at most \(Asset.longest) bytes, this one has \(text.utf8.count)"
            }
            if text.allSatisfy(\.isWhitespace) { return "the \(what) of an asset must not be empty" }
            if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
                return "the \(what) of asset \(quoted(text)) has a control character"
            }
        }
        if group.utf8.count > Asset.longest || group.utf8.contains(0) {
            return "the group of asset \(quoted(name)) must have at most \(Asset.longest) bytes, without NUL"
        }
        let size = JSONValue.object(extra).compactJSON
        if size.utf8.count > Asset.longestExtra || size.contains("\\u0000") {
            return "the extra of asset \(quoted(name)) must be at most \(Asset.longestExtra) bytes of JSON, without NUL"
        }
        return uriProblem
    }

    private var uriProblem: String? {
        guard let parts = URLParts(uri) else {
            if let scheme = URLParts.scheme(uri), uri.dropFirst(scheme.count).hasPrefix(":/") {
                return "the URI \(quoted(uri)) is not valid: write \(scheme)://… with two slashes"
            }
            return uri.contains("://")
                ? "the URI \(quoted(uri)) is not valid: a scheme has letters, digits, '+', '-' and '.', and begins with a letter"
                : nil
        }
        if parts.scheme == "airflow" { return "the URI \(quoted(uri)): the scheme airflow is reserved" }
        if parts.authority.contains("@") {
            return
                "the URI of asset \(quoted(name)) has a user or a password before the @: leave it out, and use a connection"
        }
        if parts.authority.isEmpty, parts.path.allSatisfy({ $0 == "/" }) {
            return "the URI \(quoted(uri)) names nothing after \(parts.scheme)://"
        }
        if uri.contains(where: \.isWhitespace) {
            return "the URI \(quoted(uri)) has white space: write it as %20"
        }
        return nil
    }

    private func quoted(_ text: String) -> String {
        var shown = text
        if let parts = URLParts(text), let end = parts.authority.lastIndex(of: "@") {
            shown = "\(parts.scheme)://…\(parts.authority[end...])\(parts.path)"
        }
        return JSONValue.string(shown.count > 100 ? shown.prefix(100) + "…" : shown).compactJSON
    }
}

/// A URL with `://`, as far as the spelling of an asset's address needs it.
private struct URLParts {
    let scheme: String
    let authority: String
    let path: String
    let query: String

    init?(_ text: String) {
        guard let scheme = URLParts.scheme(text), text.dropFirst(scheme.count).hasPrefix("://") else { return nil }
        self.scheme = scheme.lowercased()
        let rest = text.dropFirst(scheme.count + 3).prefix { $0 != "#" }
        let address = rest.prefix { $0 != "?" }
        authority = String(address.prefix { $0 != "/" })
        path = String(address.dropFirst(authority.count))
        query = String(rest.dropFirst(address.count + 1))
    }

    /// What stands before the first colon, if it can be a scheme.
    static func scheme(_ text: String) -> Substring? {
        let scheme = text.prefix { $0 != ":" }
        guard let first = scheme.utf8.first, first | 0x20 >= UInt8(ascii: "a"), first | 0x20 <= UInt8(ascii: "z"),
            scheme.count < text.count,
            scheme.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "+-.".utf8.contains(byte)
                }
            })
        else { return nil }
        return scheme
    }
}
