/// Where a remote repository lies.
package enum GitLocation: Sendable, Hashable {
    case folder(String)
    case https(host: String)
    case ssh(user: String?, host: String, port: Int)

    /// Reads a URL: an absolute path, `file://`, `https://`, `ssh://` or `user@host:path`.
    ///
    /// - Throws: ``BundleError`` for any other scheme, and for a URL with a password in it.
    package init(_ url: String) throws(BundleError) {
        if url.hasPrefix("/") {
            self = .folder(url)
        } else if let rest = url.removing(prefix: "file://") {
            self = .folder(rest)
        } else if let rest = url.removing(prefix: "https://") {
            self = .https(host: try Self.authority(rest, url: url).host)
        } else if let rest = url.removing(prefix: "ssh://") {
            let authority = try Self.authority(rest, url: url)
            self = .ssh(user: authority.user, host: authority.host, port: authority.port ?? 22)
        } else if !url.contains("://"), let colon = url.firstIndex(of: ":"), !url[colon...].hasPrefix("::") {
            let authority = try Self.authority(String(url[..<colon]), url: url)
            self = .ssh(user: authority.user, host: authority.host, port: 22)
        } else {
            throw BundleError(
                .configuration,
                "\(redacted(url)) is no git URL that can be used: give an absolute path, https://, ssh:// or user@host:path"
            )
        }
    }

    private static func authority(
        _ rest: String, url: String
    ) throws(BundleError) -> (user: String?, host: String, port: Int?) {
        let authority = rest.prefix { $0 != "/" }
        let parts = authority.split(separator: "@", omittingEmptySubsequences: false)
        if parts.count > 1, parts[0].contains(":") {
            throw BundleError(
                .configuration,
                "the URL \(redacted(url)) holds a password: put it into a connection, and only its user here")
        }
        let (host, port) = hostAndPort(parts.last ?? "")
        guard parts.count <= 2, !host.isEmpty, host.utf8.allSatisfy(isHostByte) else {
            throw BundleError(.configuration, "the URL \(redacted(url)) names no host that can be used")
        }
        return (parts.count == 2 ? String(parts[0]) : nil, host, port)
    }

    private static func hostAndPort(_ text: Substring) -> (host: String, port: Int?) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return (String(text[text.index(after: text.startIndex)..<end]), Int(text[end...].dropFirst(2)))
        }
        let parts = text.split(separator: ":", maxSplits: 1)
        return (parts.first.map(String.init) ?? "", parts.count == 2 ? Int(parts[1]) : nil)
    }
}

private func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"):
        true
    default: false
    }
}

/// The URL without user and password, to show to people.
package func redacted(_ url: String) -> String {
    let parts = url.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
    let rest = parts[parts.count - 1]
    let authority = rest.prefix { $0 != "/" }
    guard !url.hasPrefix("/"), let at = authority.lastIndex(of: "@") else { return url }
    return (parts.count == 2 ? parts[0] + "://" : "") + rest[rest.index(after: at)...]
}

extension String {
    /// What follows the prefix; nil when the string begins otherwise.
    func removing(prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
