internal import Crypto
internal import DAGModel
internal import HTTPClient

/// One request to S3, not yet signed.
struct S3Request: Sendable {
    var method: String
    var place: S3Location
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body: HTTPBody = .none
    /// Nil for an empty body.
    var digest: ContentDigest?
    /// Whether the server may be at work for minutes before it answers.
    var isSlow = false
}

extension S3Settings {
    /// The request as it is sent: with address, date, and signature.
    func signed(_ request: S3Request, at now: Instant) -> HTTPRequest {
        let address = Address(self, request.place)
        let query = S3Encoding.query(request.query)
        let payload =
            isHTTPS && request.digest != nil
            ? SigV4.unsignedPayload : request.digest?.sha256 ?? SHA256.hash(data: [UInt8]()).hexadecimal
        var headers = request.headers
        headers.append(("x-amz-date", SigV4.timestamp(now)))
        headers.append(("x-amz-content-sha256", payload))
        if let digest = request.digest { headers.append(("Content-MD5", digest.contentMD5)) }
        if let sessionToken { headers.append(("x-amz-security-token", sessionToken)) }
        let authorization = SigV4(accessKey: accessKey, secretKey: secretKey, region: region).authorization(
            SigV4.Request(
                method: request.method, path: address.path, query: query,
                headers: headers + [("host", address.host)], payload: payload), at: now)
        headers.append(("Authorization", authorization))
        var fields: HTTPHeaders = [:]
        for (name, value) in headers { fields.append(name, value) }
        return HTTPRequest(
            request.method, "\(address.scheme)://\(address.host)\(address.path)\(query.isEmpty ? "" : "?\(query)")",
            headers: fields, body: request.body, authorities: authorities)
    }

    /// Where an object or a bucket is, taken apart.
    private struct Address {
        var scheme: String
        var host: String
        var path: String

        init(_ settings: S3Settings, _ place: S3Location) {
            scheme = settings.isHTTPS ? "https" : "http"
            let rest = settings.endpoint.dropFirst(scheme.count + 3)
            let server = Self.withoutDefaultPort(rest.prefix { $0 != "/" }, scheme)
            let base = S3Encoding.path(String(rest.drop { $0 != "/" }))
            let key = place.key.isEmpty ? "" : "/\(S3Encoding.path(place.key))"
            switch settings.addressing {
            case _ where place.bucket.isEmpty: (host, path) = (server, base.isEmpty ? "/" : base)
            case .path: (host, path) = (server, "\(base)/\(S3Encoding.path(place.bucket))\(key)")
            case .virtual: (host, path) = ("\(place.bucket).\(server)", "\(base)\(key.isEmpty ? "/" : key)")
            }
        }

        /// libcurl sends no port in `Host` when it is the scheme's own, and the signature has to agree.
        private static func withoutDefaultPort(_ server: Substring, _ scheme: String) -> String {
            let port = scheme == "https" ? ":443" : ":80"
            return String(server.hasSuffix(port) ? server.dropLast(port.count) : server).lowercased()
        }
    }
}
