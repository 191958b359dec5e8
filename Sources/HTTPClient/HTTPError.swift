/// Why a request has no answer: one sentence with method and URL, without the query.
package struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// The request itself cannot be sent: a URL or a header that is none.
        case invalid
        /// The host's name is unknown.
        case unknownHost
        /// Nobody answers at the address.
        case unreachable
        /// The certificate is not trusted, or TLS could not be agreed on.
        case untrusted
        /// Connecting, or everything, took longer than allowed, or nothing moved for the stall time.
        case timedOut
        /// The connection ended before the answer was complete.
        case lost
        /// The body is larger than the sink takes.
        case tooLarge
        /// The request's body could not be read, or the answer's could not be written.
        case local
        case other
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Whether the same request may succeed a moment later.
    package var isTransient: Bool {
        switch kind {
        case .unknownHost, .unreachable, .timedOut, .lost: true
        case .invalid, .untrusted, .tooLarge, .local, .other: false
        }
    }
}
