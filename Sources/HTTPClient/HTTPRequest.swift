/// A request to a server by http or https. TLS certificates are always verified; redirects are not followed.
package struct HTTPRequest: Sendable {
    package var method: String
    /// Already percent-encoded; the path is sent as it is, `..` and `//` included.
    package var url: String
    package var headers: HTTPHeaders
    package var body: HTTPBody
    package var timeouts: HTTPTimeouts
    /// A PEM file with the certificate authorities to trust instead of the system's.
    package var authorities: String?

    package init(
        _ method: String = "GET", _ url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none,
        timeouts: HTTPTimeouts = HTTPTimeouts(), authorities: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.authorities = authorities
    }

    /// The URL without user, query and fragment, which may hold secrets: for logs and errors.
    package var publicURL: String {
        var text = String(url.prefix { $0 != "?" && $0 != "#" })
        guard let scheme = text.firstRange(of: "://") else { return text }
        let authority = text[scheme.upperBound...].prefix { $0 != "/" }
        if let at = authority.lastIndex(of: "@") { text.removeSubrange(scheme.upperBound...at) }
        return text
    }
}

/// What a request carries.
package enum HTTPBody: Sendable {
    case none
    case bytes([UInt8])
    /// A part of a file: `length` bytes from `offset`.
    case file(String, offset: Int64, length: Int64)
    /// Chunks of any size until nil. Asked for the next chunk only when the one before is nearly sent. Without a `length` in bytes
    /// it is sent with chunked transfer encoding.
    case stream(length: Int64?, next: @Sendable () async throws -> [UInt8]?)
}

/// Where the body of a successful answer (2xx) goes; the body of any other answer is kept in memory, the first MiB of it.
package enum HTTPSink: Sendable {
    /// Into ``HTTPResponse/body``; an answer with more than `limit` bytes is an error.
    case memory(limit: Int)
    /// Into a file, which is made if need be. A part, the answer to a range request, is written from where it begins, or from
    /// `offset` if the server does not say; any other answer replaces the file's content.
    case file(String, offset: Int64)
    /// To a function, one chunk at a time; the server waits while the function does.
    case chunks(@Sendable ([UInt8]) async throws -> Void)

    /// Into memory, 16 MiB at most.
    package static var memory: HTTPSink { .memory(limit: 16 << 20) }
}

/// How long a request may take, in seconds.
package struct HTTPTimeouts: Sendable, Hashable {
    /// To reach the server, TLS included. Defaults to 10.
    package var connect: Double
    /// Without a byte in either direction, in whole seconds. Defaults to 60.
    package var stall: Double
    /// For everything; nil means without limit, the default.
    package var total: Double?

    package init(connect: Double = 10, stall: Double = 60, total: Double? = nil) {
        self.connect = connect
        self.stall = stall
        self.total = total
    }
}
