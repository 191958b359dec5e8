internal import CUV
internal import Glibc

/// System calls on non-blocking, close-on-exec stream sockets.
enum StreamSocket {
    static func make(family: CInt) throws(SystemError) -> OwnedDescriptor {
        let flags = CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let number = socket(family, CInt(SOCK_STREAM.rawValue) | flags, 0)
        guard number >= 0 else { throw SystemError("make a socket") }
        return OwnedDescriptor(owning: number)
    }

    /// Small messages leave at once; a peer that has vanished is noticed within about 20 s, also while nothing is sent.
    static func tune(_ socket: CInt, family: CInt) {
        guard family == AF_INET || family == AF_INET6 else { return }
        set(socket, CInt(IPPROTO_TCP), TCP_NODELAY, 1)
        set(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
        set(socket, CInt(IPPROTO_TCP), TCP_KEEPIDLE, 5)
        set(socket, CInt(IPPROTO_TCP), TCP_KEEPINTVL, 5)
        set(socket, CInt(IPPROTO_TCP), TCP_KEEPCNT, 3)
        set(socket, CInt(IPPROTO_TCP), TCP_USER_TIMEOUT, 10_000)
    }

    static func set(_ socket: CInt, _ level: CInt, _ option: CInt, _ value: CInt) {
        withUnsafePointer(to: value) { value in
            _ = setsockopt(socket, level, option, value, socklen_t(MemoryLayout<CInt>.size))
        }
    }

    /// The family of a socket that somebody else made.
    static func family(of socket: CInt) -> CInt {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(socket, address, &length) == 0 ? CInt(address.pointee.sa_family) : AF_UNSPEC
            }
        }
    }

    static func setNonBlocking(_ socket: CInt) {
        _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK)
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    }

    /// The port that a listening or connected TCP socket has here.
    static func localPort(of socket: CInt) -> UInt16? {
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let status = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        // IPv4 and IPv6 addresses have their port at the same place.
        let isInternet = storage.sin6_family == AF_INET || storage.sin6_family == AF_INET6
        return status == 0 && isInternet ? UInt16(bigEndian: storage.sin6_port) : nil
    }

    /// What became of a connect that could not finish at once, or of a socket that reported an error.
    static func pendingError(of socket: CInt) -> CInt {
        var code: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno
    }
}
