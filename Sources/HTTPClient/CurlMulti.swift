internal import CCurl
internal import Supervision

/// libcurl's multi handle, driven by an event loop: libcurl says which sockets and which time it waits for, the loop tells it
/// when they come.
final class CurlMulti: @unchecked Sendable {
    // @unchecked: used on the loop only.
    private let loop: EventLoop
    private let multi: UnsafeMutableRawPointer
    private var watchers: [curl_socket_t: DescriptorWatcher] = [:]
    private var timer: Timer?
    private var running: [UnsafeMutableRawPointer: Transfer] = [:]
    private var isClosed = false

    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(on loop: EventLoop) throws {
        guard Self.isReady, let multi = curl_multi_init() else {
            throw HTTPError(.other, "libcurl could not be started: not enough memory, or a broken installation")
        }
        self.loop = loop
        self.multi = multi
        ccurl_multi_set_functions(
            multi,
            { _, socket, what, context, _ in
                CurlMulti.of(context)?.watch(socket, what)
                return 0
            },
            { _, milliseconds, context in
                CurlMulti.of(context)?.wake(after: milliseconds)
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Ends what still runs and closes all connections.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for transfer in running.values { transfer.stop(CancellationError()) }
        timer?.cancel()
        curl_multi_cleanup(multi)
        for watcher in watchers.values { watcher.cancel() }
        watchers = [:]
    }

    func add(_ transfer: Transfer) throws {
        guard !isClosed, curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
            throw HTTPError(
                .other, "\(transfer.request.method) \(transfer.request.publicURL): the HTTP client is closed")
        }
        running[transfer.easy] = transfer
    }

    func remove(_ transfer: Transfer) {
        guard running.removeValue(forKey: transfer.easy) != nil else { return }
        curl_multi_remove_handle(multi, transfer.easy)
    }

    private func watch(_ socket: curl_socket_t, _ what: CInt) {
        if what == CURL_POLL_REMOVE {
            watchers.removeValue(forKey: socket)?.cancel()
            return
        }
        do {
            let watcher =
                try watchers[socket]
                ?? DescriptorWatcher(socket, on: loop) { [unowned self] readiness in
                    self.act(on: socket, readiness)
                }
            watchers[socket] = watcher
            var interest: DescriptorWatcher.Readiness = []
            if what & CURL_POLL_IN != 0 { interest.insert(.readable) }
            if what & CURL_POLL_OUT != 0 { interest.insert(.writable) }
            try watcher.wait(for: interest)
        } catch {
            // A socket that cannot be watched moves no bytes: its transfer ends by its stall time.
            watchers.removeValue(forKey: socket)?.cancel()
        }
    }

    private func wake(after milliseconds: Int) {
        timer?.cancel()
        timer = nil
        guard milliseconds >= 0 else { return }
        timer = loop.schedule(after: .milliseconds(milliseconds)) { [unowned self] in
            self.timer = nil
            self.act(on: curl_socket_t(-1), [])
        }
    }

    private func act(on socket: curl_socket_t, _ readiness: DescriptorWatcher.Readiness) {
        guard !isClosed else { return }
        var events: CInt = 0
        if readiness.contains(.readable) { events |= CURL_CSELECT_IN }
        if readiness.contains(.writable) { events |= CURL_CSELECT_OUT }
        var count: CInt = 0
        curl_multi_socket_action(multi, socket, events, &count)
        finishEnded()
    }

    private func finishEnded() {
        var code = CURLE_OK
        while let easy = ccurl_multi_next_done(multi, &code) {
            guard let transfer = running[easy] else { continue }
            remove(transfer)
            transfer.ended(code)
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> CurlMulti? {
        context.map { Unmanaged<CurlMulti>.fromOpaque($0).takeUnretainedValue() }
    }
}
