internal import CCurl
internal import Supervision

/// One request on its way: an easy handle, what is to be sent, and what has come.
///
/// It ends once: when libcurl is done and the sink has taken everything, or when it is stopped and nothing of it runs any more.
final class Transfer: @unchecked Sendable {
    // @unchecked: used on the loop only, after `init`.
    let request: HTTPRequest
    let easy: UnsafeMutableRawPointer
    let loop: EventLoop
    var answer = HTTPResponse(status: 0)
    var inflow: Inflow
    var outflow: Outflow

    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var multi: CurlMulti?
    private var continuation: CheckedContinuation<HTTPResponse, any Error>?
    private var failure: (any Error)?
    private var isEnded = false

    init(_ request: HTTPRequest, sink: HTTPSink, on loop: EventLoop) throws {
        guard let easy = curl_easy_init() else {
            throw HTTPError(.other, "\(request.method) \(request.publicURL): not enough memory")
        }
        self.request = request
        self.easy = easy
        self.loop = loop
        inflow = Inflow(sink)
        outflow = Outflow(request.body)
        message.pointee = 0
        try configure()
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        message.deallocate()
    }

    func start(on multi: CurlMulti, _ continuation: CheckedContinuation<HTTPResponse, any Error>) {
        self.continuation = continuation
        self.multi = multi
        if failure == nil {
            do { try multi.add(self) } catch { failure = error }
        }
        if failure != nil { isEnded = true }
        finishIfIdle()
    }

    /// libcurl is done with the transfer.
    func ended(_ code: CURLcode) {
        isEnded = true
        if code != CURLE_OK, failure == nil {
            failure = HTTPError(code, request, detail: String(cString: message))
        }
        if failure != nil {
            abandon()
        } else if answer.isSuccess {
            inflow.drain(self, isLast: true)
        }
        finishIfIdle()
    }

    /// Ends the transfer early with an error; the first one counts. Must not be called from within libcurl's callbacks.
    func stop(_ error: any Error) {
        if failure == nil { failure = error }
        guard continuation != nil, !isEnded else { return }
        multi?.remove(self)
        isEnded = true
        abandon()
        finishIfIdle()
    }

    /// Remembers why a callback of libcurl's is about to refuse.
    func refuse(_ error: any Error) {
        if failure == nil { failure = error }
    }

    /// Answers once nothing runs on behalf of the transfer.
    func finishIfIdle() {
        guard isEnded, !inflow.isBusy, !outflow.isBusy, failure != nil || inflow.isEmpty else { return }
        guard let continuation = continuation.take() else { return }
        multi = nil
        if let failure {
            continuation.resume(throwing: failure)
        } else {
            answer.body = inflow.kept
            continuation.resume(returning: answer)
        }
    }

    /// Lets libcurl go on in the directions that are not held up.
    func updatePauses() {
        guard !isEnded else { return }
        var mask: CInt = 0
        if inflow.isPaused { mask |= CURLPAUSE_RECV }
        if outflow.isPaused { mask |= CURLPAUSE_SEND }
        curl_easy_pause(easy, mask)
    }

    private func abandon() {
        inflow.abandon()
        outflow.abandon()
    }

    private func configure() throws {
        let isHTTPS = request.url.lowercased().hasPrefix("https://")
        guard isHTTPS || request.url.lowercased().hasPrefix("http://"),
            !request.url.utf8.contains(where: { $0 <= 0x20 })
        else { throw HTTPError(.invalid, "\(request.method) \(request.publicURL): not a valid http or https address") }
        ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, message)
        ccurl_set_pointer(easy, CURLOPT_PRIVATE, Unmanaged.passUnretained(self).toOpaque())
        ccurl_set_string(easy, CURLOPT_URL, request.url)
        ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, isHTTPS ? "https" : "http")
        ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        ccurl_set_long(easy, CURLOPT_BUFFERSIZE, 128 << 10)
        ccurl_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, 128 << 10)
        if let authorities = request.authorities { ccurl_set_string(easy, CURLOPT_CAINFO, authorities) }
        configureTimeouts()
        try configureHeaders()
        configureMethod()
        configureReceiving()
        configureSending()
    }

    private func configureTimeouts() {
        let timeouts = request.timeouts
        ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(timeouts.connect * 1_000)))
        ccurl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1)
        ccurl_set_long(easy, CURLOPT_LOW_SPEED_TIME, max(1, Int(timeouts.stall.rounded(.up))))
        if let total = timeouts.total { ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, max(1, Int(total * 1_000))) }
    }

    private func configureHeaders() throws {
        // Waiting for "100 Continue" costs a second with servers that do not know it.
        headerList = curl_slist_append(nil, "Expect:")
        for (name, value) in request.headers.fields {
            let line = value.isEmpty ? "\(name);" : "\(name): \(value)"
            guard !line.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A || $0 == 0 }) else {
                throw HTTPError(
                    .invalid,
                    "\(request.method) \(request.publicURL): the header \(name) holds a line break, which no header may"
                )
            }
            headerList = curl_slist_append(headerList, line)
        }
        ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
        if request.headers["User-Agent"] == nil { ccurl_set_string(easy, CURLOPT_USERAGENT, "slipstream") }
    }

    private func configureMethod() {
        switch request.method {
        case "GET" where outflow.isEmpty: ccurl_set_long(easy, CURLOPT_HTTPGET, 1)
        case "HEAD": ccurl_set_long(easy, CURLOPT_NOBODY, 1)
        default: ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }
}
