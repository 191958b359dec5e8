internal import Crypto
internal import DAGModel
internal import FoundationEssentials

/// AWS Signature Version 4: pure functions from a request, credentials and a time to the `Authorization` header.
struct SigV4 {
    static let unsignedPayload = "UNSIGNED-PAYLOAD"

    var accessKey: String
    var secretKey: String
    var region: String
    var service = "s3"

    /// What is signed of a request.
    struct Request {
        var method: String
        /// Encoded, as it is sent.
        var path: String
        /// Encoded and sorted, as it is sent.
        var query: String
        /// All headers to sign; `host`, `x-amz-date` and `x-amz-content-sha256` have to be among them.
        var headers: [(name: String, value: String)]
        /// SHA-256 of the body in hexadecimal digits, or ``SigV4/unsignedPayload``.
        var payload: String
    }

    /// The value of the `Authorization` header.
    func authorization(_ request: Request, at now: Instant) -> String {
        let signature = HMAC<SHA256>.authenticationCode(
            for: Data(stringToSign(request, at: now).utf8), using: signingKey(at: now))
        return "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope(at: now)), "
            + "SignedHeaders=\(Self.signedHeaders(request)), Signature=\(signature.hexadecimal)"
    }

    func stringToSign(_ request: Request, at now: Instant) -> String {
        let digest = SHA256.hash(data: Data(Self.canonicalRequest(request).utf8)).hexadecimal
        return "AWS4-HMAC-SHA256\n\(Self.timestamp(now))\n\(scope(at: now))\n\(digest)"
    }

    static func canonicalRequest(_ request: Request) -> String {
        let headers = canonicalHeaders(request).map { "\($0.name):\($0.value)\n" }.joined()
        return [request.method, request.path, request.query, headers, signedHeaders(request), request.payload]
            .joined(separator: "\n")
    }

    /// The time as `20260131T030000Z`.
    static func timestamp(_ now: Instant) -> String {
        let second = Instant(microseconds: now.microseconds - now.microsecondOfDay % 1_000_000)
        return second.iso8601.filter { $0 != "-" && $0 != ":" }
    }

    private func scope(at now: Instant) -> String { "\(Self.date(now))/\(region)/\(service)/aws4_request" }

    private static func date(_ now: Instant) -> String { now.dateText.filter { $0 != "-" } }

    private func signingKey(at now: Instant) -> SymmetricKey {
        [Self.date(now), region, service, "aws4_request"].reduce(SymmetricKey(data: Data("AWS4\(secretKey)".utf8))) {
            SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Data($1.utf8), using: $0))
        }
    }

    private static func signedHeaders(_ request: Request) -> String {
        canonicalHeaders(request).map(\.name).joined(separator: ";")
    }

    private static func canonicalHeaders(_ request: Request) -> [(name: String, value: String)] {
        request.headers
            .map { (name: $0.name.lowercased(), value: $0.value.split(separator: " ").joined(separator: " ")) }
            .sorted { $0.name < $1.name }
    }
}

extension Sequence<UInt8> {
    /// The bytes in lower-case hexadecimal digits.
    var hexadecimal: String {
        var text = ""
        for byte in self { text += byte < 16 ? "0\(String(byte, radix: 16))" : String(byte, radix: 16) }
        return text
    }
}
