internal import CGit
internal import Glibc

/// The connections that libgit2 uses for https and ssh: its own, but known to the thread's ``GitDeadline``.
enum GitSocket {
    static func register() {
        var registration = git_stream_registration()
        registration.version = GIT_STREAM_VERSION
        registration.`init` = { out, host, port in
            guard let stream = GitSocket.make(host: host, port: port) else { return -1 }
            out?.pointee = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: git_stream.self)
            return 0
        }
        git_stream_register(GIT_STREAM_STANDARD, &registration)
    }

    private typealias Stream = UnsafeMutablePointer<cgit_socket_stream>

    private static func make(host: UnsafePointer<CChar>?, port: UnsafePointer<CChar>?) -> Stream? {
        guard let host, let port, let memory = calloc(1, MemoryLayout<cgit_socket_stream>.size) else { return nil }
        let stream = memory.bindMemory(to: cgit_socket_stream.self, capacity: 1)
        stream.pointee.host = strdup(host)
        stream.pointee.port = strdup(port)
        stream.pointee.descriptor = -1
        stream.pointee.parent.version = GIT_STREAM_VERSION
        stream.pointee.parent.connect = { GitSocket.connect(GitSocket.stream($0)) }
        stream.pointee.parent.read = { recv(GitSocket.stream($0)?.pointee.descriptor ?? -1, $1, $2, 0) }
        stream.pointee.parent.write = { stream, bytes, count, flags in
            send(GitSocket.stream(stream)?.pointee.descriptor ?? -1, bytes, count, flags | CInt(MSG_NOSIGNAL))
        }
        stream.pointee.parent.close = { GitSocket.close(GitSocket.stream($0)) }
        stream.pointee.parent.free = { GitSocket.free(GitSocket.stream($0)) }
        return stream
    }

    private static func stream(_ parent: UnsafeMutablePointer<git_stream>?) -> Stream? {
        parent.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: cgit_socket_stream.self) }
    }

    private static func connect(_ stream: Stream?) -> CInt {
        guard let stream else { return -1 }
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(stream.pointee.host, stream.pointee.port, &hints, &found)
        guard failure == 0 else {
            return fail("its name cannot be resolved: \(String(cString: gai_strerror(failure)))")
        }
        defer { freeaddrinfo(found) }
        var reason = "it has no address"
        var address = found
        while let candidate = address?.pointee {
            let descriptor = socket(candidate.ai_family, candidate.ai_socktype | CInt(SOCK_CLOEXEC.rawValue), 0)
            guard GitDeadline.ofThisThread?.watch(descriptor) ?? true else {
                return fail("it took too long", closing: descriptor)
            }
            if descriptor >= 0, Glibc.connect(descriptor, candidate.ai_addr, candidate.ai_addrlen) == 0 {
                stream.pointee.descriptor = descriptor
                return 0
            }
            reason = String(cString: strerror(errno))
            _ = GitDeadline.ofThisThread?.watch(nil)
            Glibc.close(descriptor)
            address = candidate.ai_next
        }
        return fail("no connection: \(reason)")
    }

    private static func fail(_ reason: String, closing descriptor: CInt = -1) -> CInt {
        _ = GitDeadline.ofThisThread?.watch(nil)
        if descriptor >= 0 { Glibc.close(descriptor) }
        git_error_set_str(CInt(GIT_ERROR_NET.rawValue), reason)
        return -1
    }

    private static func close(_ stream: Stream?) -> CInt {
        guard let stream, stream.pointee.descriptor >= 0 else { return 0 }
        _ = GitDeadline.ofThisThread?.watch(nil)
        let result = Glibc.close(stream.pointee.descriptor)
        stream.pointee.descriptor = -1
        return result
    }

    private static func free(_ stream: Stream?) {
        _ = close(stream)
        Glibc.free(stream?.pointee.host)
        Glibc.free(stream?.pointee.port)
        Glibc.free(stream)
    }
}
