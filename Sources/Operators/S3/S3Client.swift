package import DAGModel
internal import Glibc
package import HTTPClient

/// A client of one S3 server. Every request is signed, and tried again when the server is busy, slow or briefly gone.
package struct S3Client: Sendable {
    package let settings: S3Settings
    let http: HTTPSession
    let retry: RetryPolicy
    let stall: Double
    let now: @Sendable () -> Instant

    /// - Parameter stall: Seconds without a byte before a server counts as gone. Defaults to 60.
    package init(
        _ settings: S3Settings, http: HTTPSession, retry: RetryPolicy = RetryPolicy(), stall: Double = 60,
        now: @escaping @Sendable () -> Instant = S3Client.wallClock
    ) {
        self.settings = settings
        self.http = http
        self.retry = retry
        self.stall = stall
        self.now = now
    }

    /// Sends a request until the answer is a success.
    ///
    /// - Throws: ``S3Error``, ``HTTPClient/HTTPError`` or `CancellationError`.
    func send(_ request: S3Request, into sink: HTTPSink = .memory) async throws -> HTTPResponse {
        try await retrying { try await sendOnce(request, into: sink) }
    }

    /// Sends a request once; a refusal is an ``S3Error``.
    func sendOnce(_ request: S3Request, into sink: HTTPSink = .memory) async throws -> HTTPResponse {
        let time = now()
        var signed = settings.signed(request, at: time)
        signed.timeouts.stall = request.isSlow ? max(stall, 600) : stall
        let answer = try await http.send(signed, into: sink)
        guard answer.isSuccess else { throw S3Error(answer, request.place, settings, at: time) }
        return answer
    }

    /// Runs `body` again after a failure that may pass.
    func retrying<Result>(_ body: () async throws -> Result) async throws -> Result {
        var failed = 0
        while true {
            do { return try await body() } catch {
                failed += 1
                guard failed < retry.attempts, error.isTransientInS3 else { throw error }
                try await Task.sleep(for: retry.delay(after: failed, jitter: .random(in: 0...1)))
            }
        }
    }

    /// The time of day, for signatures.
    package static let wallClock: @Sendable () -> Instant = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}

extension Error {
    /// Whether the request may succeed when it is sent again.
    var isTransientInS3: Bool {
        switch self {
        case let error as HTTPError: error.isTransient
        case let error as S3Error: error.isTransient
        case let error as ChecksumMismatch: error.isTransient
        default: false
        }
    }
}

/// Bytes that are not what they should be.
package struct ChecksumMismatch: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// Whether the bytes were damaged on their way, so that sending them again may help.
    package let isTransient: Bool
}
