internal import CUV
internal import Glibc

/// Where a stream socket listens or connects to.
package enum SocketEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// A Unix-domain socket; the path has at most 107 bytes.
    case unix(path: String)
    /// A host name or address, and a port; port 0 lets the system choose one to listen on.
    case tcp(host: String, port: UInt16)

    /// `unix:/path` or `host:port` (`[::1]:80` for IPv6).
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// Reads what `description` writes; nil for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains("["), !host.contains("]") else { return nil }
        self = .tcp(host: String(host), port: port)
    }
}

/// A socket address as the system wants it.
struct RawAddress {
    var storage = sockaddr_storage()
    var length: socklen_t = 0

    var family: CInt { CInt(storage.ss_family) }

    init(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
        withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: .init(start: address, count: Int(length))) }
        self.length = length
    }

    init(unixPath path: String) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { buffer in
            guard bytes.count < buffer.count, !bytes.contains(0) else { return false }
            buffer.copyBytes(from: bytes)
            return true
        }
        guard fits else {
            throw SystemError(
                "use the Unix socket \(path), whose path must be shorter than 108 bytes", code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &storage) { target in withUnsafeBytes(of: address) { target.copyMemory(from: $0) } }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
