internal import DAGModel
internal import FoundationEssentials
internal import HTTPClient
internal import XMLCoder

/// An S3 server's refusal: the server's code, and one sentence that says what to do.
package struct S3Error: Error, Sendable, Hashable, CustomStringConvertible {
    package let status: Int
    /// As `NoSuchKey`; empty when the server gave none.
    package let code: String
    package let description: String

    /// Whether the same request may succeed a moment later.
    package var isTransient: Bool {
        status >= 500 && status != 501 || status == 429
            || [
                "SlowDown", "RequestTimeout", "Throttling", "ThrottlingException", "RequestTimeTooSlow",
                "OperationAborted",
            ]
            .contains(code)
    }

    package var isNotFound: Bool { status == 404 && code != "NoSuchBucket" && code != "NoSuchUpload" }
    package var isMissingBucket: Bool { code == "NoSuchBucket" }
}

extension S3Error {
    /// Reads the answer to a request about `place` through the connection of `settings`, signed at `now`.
    init(_ answer: HTTPResponse, _ place: S3Location, _ settings: S3Settings, at now: Instant) {
        let document = S3ErrorDocument(answer.body)
        // Not every server says that it is the clock.
        let isSkewed = [400, 403].contains(answer.status) && answer.isDated(minutes: 10, from: now)
        let code = isSkewed ? "RequestTimeTooSkewed" : document?.code ?? ""
        self.init(
            status: answer.status, code: code,
            description: Self.sentence(answer, code, document?.message, place, settings))
    }

    private static func sentence(
        _ answer: HTTPResponse, _ code: String, _ message: String?, _ place: S3Location, _ settings: S3Settings
    ) -> String {
        let connection = "connection \(settings.connection)"
        switch code {
        case "InvalidAccessKeyId":
            return "\(settings.endpoint) does not know the access key of \(connection): correct its login"
        case "SignatureDoesNotMatch":
            return
                "\(settings.endpoint) refuses the signature: the secret key of \(connection) is wrong; correct its password"
        case "InvalidToken", "ExpiredToken":
            return "the session token of \(connection) is no longer valid: renew aws_session_token in its extra"
        case "RequestTimeTooSkewed":
            return "this machine's clock differs too much from that of \(settings.endpoint): set the clock, best by NTP"
        case "NoSuchBucket":
            return "there is no bucket \(place.bucket) at \(settings.endpoint): create it, or correct the bucket's name"
        case "NoSuchKey": return "there is no object \(place)"
        case "AccessDenied", "AllAccessDisabled":
            return "\(connection) may not do this to \(place): give its access key the right to"
        case "PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect":
            let region = answer.headers["x-amz-bucket-region"].map { ", which is \($0)" } ?? ""
            return "bucket \(place.bucket) is in another region than \(settings.region): "
                + "set region_name in \(connection) to the bucket's\(region)"
        case "BadDigest", "XAmzContentSHA256Mismatch", "InvalidDigest":
            return "\(place): what arrived at the server is not what was sent (\(code)); the upload is not kept"
        case "":
            return plain(answer, place, settings)
        default:
            return "\(place): \(settings.endpoint) answered \(answer.status) \(code)\(message.map { ": \($0)" } ?? "")"
        }
    }

    /// The answer to a HEAD request has no body, and proxies write bodies of their own.
    private static func plain(_ answer: HTTPResponse, _ place: S3Location, _ settings: S3Settings) -> String {
        switch answer.status {
        case 301, 307:
            "bucket \(place.bucket) is elsewhere: correct endpoint_url or region_name of connection \(settings.connection)"
        case 403:
            "\(settings.endpoint) refuses access to \(place): check login and password of connection \(settings.connection), "
                + "and the rights of its access key"
        case 404:
            place.key.isEmpty
                ? "there is no bucket \(place.bucket) at \(settings.endpoint)" : "there is no object \(place)"
        default: "\(place): \(settings.endpoint) answered with the status \(answer.status)"
        }
    }
}

extension HTTPResponse {
    /// Whether the server's clock differs from ours by more than so many minutes.
    fileprivate func isDated(minutes: Int, from now: Instant) -> Bool {
        guard let date = headers["Date"].flatMap(Instant.init(httpDate:)) else { return false }
        return abs((date - now).inSeconds) > Double(minutes * 60)
    }
}

/// The body of a refusal.
struct S3ErrorDocument: Decodable {
    var code: String
    var message: String?

    private enum CodingKeys: String, CodingKey {
        case code = "Code"
        case message = "Message"
    }

    /// Nil when the bytes are no such document.
    init?(_ body: [UInt8]) {
        guard !body.isEmpty, let document = try? XMLDecoder.s3.decode(Self.self, from: Data(body)) else { return nil }
        self = document
    }
}
