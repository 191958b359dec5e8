internal import CCurl

extension HTTPError {
    /// What one of libcurl's codes means for a request. `detail` is libcurl's own message.
    init(_ code: CURLcode, _ request: HTTPRequest, detail: String) {
        let what = "\(request.method) \(request.publicURL)"
        let reason = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            self.init(.invalid, "\(what): not a valid http or https address (\(reason))")
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self.init(
                .unknownHost, "\(what): the host's name cannot be resolved; check its spelling and the name server")
        case CURLE_COULDNT_CONNECT:
            self.init(.unreachable, "\(what): no connection (\(reason)); check host and port, and that the server runs")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM:
            self.init(.untrusted, "\(what): TLS failed (\(reason)); for a private authority give its CA file")
        case CURLE_OPERATION_TIMEDOUT:
            self.init(.timedOut, "\(what): timed out (\(reason))")
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND:
            self.init(.lost, "\(what): the connection was lost (\(reason))")
        default:
            self.init(.other, "\(what): \(reason)")
        }
    }
}
