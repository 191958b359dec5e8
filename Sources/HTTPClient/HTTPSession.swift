internal import CCurl
package import Supervision

/// An HTTP client on an event loop: libcurl's multi interface, connections kept and shared. May be used from anywhere.
///
/// It sends what it is told, once: retries are the caller's. It speaks HTTP/1.1, verifies certificates always and follows no
/// redirect. A cancelled task ends its transfer at once and throws `CancellationError`.
///
/// ```swift
/// let client = try await HTTPSession(on: loop)
/// let answer = try await client.send(HTTPRequest("GET", "https://example.org/"))
/// ```
package final class HTTPSession: Sendable {
    private let loop: EventLoop
    private let transfers: CurlMulti

    /// Makes a client whose transfers live on `loop`.
    package init(on loop: EventLoop) async throws {
        self.loop = loop
        transfers = try await loop.run { try CurlMulti(on: loop) }
    }

    deinit {
        let transfers = transfers
        loop.perform { transfers.close() }
    }

    /// Sends a request and returns the answer, whatever its status.
    ///
    /// - Throws: ``HTTPError``, `CancellationError`, or what the body's stream or the sink throws.
    package func send(_ request: HTTPRequest, into sink: HTTPSink = .memory) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let transfer = try Transfer(request, sink: sink, on: loop)
        let transfers = transfers
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.performNow { transfer.start(on: transfers, continuation) }
            }
        } onCancel: {
            loop.perform { transfer.stop(CancellationError()) }
        }
    }
}
