internal import CUV
internal import Glibc

extension EventLoop {
    /// The addresses of an endpoint, looked up on libuv's threads.
    func resolve(_ endpoint: SocketEndpoint) async throws -> [RawAddress] {
        switch endpoint {
        case .unix(let path): return [try RawAddress(unixPath: path)]
        case .tcp(let host, let port):
            return try await withCheckedThrowingContinuation { continuation in
                performNow { [self] in Lookup.start(host, port, on: self, continuation) }
            }
        }
    }

    /// The numeric addresses of a host, in the system's order of preference, looked up on libuv's threads.
    package func addresses(ofHost host: String) async throws -> [String] {
        try await resolve(.tcp(host: host, port: 0)).compactMap { address in
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let status = address.withPointer { pointer, length in
                getnameinfo(pointer, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            }
            return status == 0
                ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
        }
    }
}

private final class Lookup {
    private let host: String
    private let continuation: CheckedContinuation<[RawAddress], any Error>

    private init(_ host: String, _ continuation: CheckedContinuation<[RawAddress], any Error>) {
        self.host = host
        self.continuation = continuation
    }

    static func start(
        _ host: String, _ port: UInt16, on loop: EventLoop, _ continuation: CheckedContinuation<[RawAddress], any Error>
    ) {
        let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
        let lookup = Lookup(host, continuation)
        request.pointee.data = Unmanaged.passRetained(lookup).toOpaque()
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        let status = uv_getaddrinfo(loop.uv, request, { Lookup.finished($0, $1, $2) }, host, "\(port)", &hints)
        if status != 0 { finished(request, status, nil) }
    }

    private static func finished(
        _ request: UnsafeMutablePointer<uv_getaddrinfo_t>?, _ status: CInt, _ list: UnsafeMutablePointer<addrinfo>?
    ) {
        defer { uv_freeaddrinfo(list) }
        guard let request, let data = request.pointee.data else { return }
        request.deallocate()
        Unmanaged<Lookup>.fromOpaque(data).takeRetainedValue().finish(status, list)
    }

    private func finish(_ status: CInt, _ list: UnsafeMutablePointer<addrinfo>?) {
        guard status == 0 else {
            return continuation.resume(throwing: SystemError(uv: status, "find the address of the host \(host)"))
        }
        let entries = sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }
        continuation.resume(
            returning: entries.compactMap { entry in
                entry.flatMap { entry in
                    entry.pointee.ai_addr.map { RawAddress(copying: $0, length: entry.pointee.ai_addrlen) }
                }
            })
    }
}
