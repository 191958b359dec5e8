internal import CCurl
internal import Supervision

/// The body of a request between its source and libcurl, read ahead by one chunk. libcurl is held up while the source is slow.
struct Outflow {
    private static let chunkSize: Int64 = 256 << 10

    enum Step {
        case sent(Int)
        case end
        case wait
    }

    private let body: HTTPBody
    private var current: ArraySlice<UInt8> = []
    private var next: [UInt8]?
    private var hasEnded = false
    private var position: Int64 = 0
    private var file: OpenFile?
    private var reading: Task<Void, Never>?
    private(set) var isPaused = false

    init(_ body: HTTPBody) {
        self.body = body
        if case .bytes(let bytes) = body { current = bytes[...] }
    }

    /// Bytes to send, 0 without a body, nil when not known.
    var length: Int64? {
        switch body {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, _, let length): length
        case .stream(let length, _): length
        }
    }

    var isEmpty: Bool { length == 0 }
    var isBusy: Bool { reading != nil }

    mutating func abandon() {
        hasEnded = true
        next = nil
        reading?.cancel()
    }

    /// Moves bytes into libcurl's buffer and reads ahead.
    mutating func fill(_ buffer: UnsafeMutableRawBufferPointer, _ transfer: Transfer) -> Step {
        if current.isEmpty, let next = next.take() { current = next[...] }
        readAhead(transfer)
        guard !current.isEmpty else {
            isPaused = !isAtEnd
            return isPaused ? .wait : .end
        }
        let count = min(buffer.count, current.count)
        current.prefix(count).withUnsafeBytes { buffer.copyMemory(from: $0) }
        current = current.dropFirst(count)
        return .sent(count)
    }

    /// Takes what the source gave; nil at its end. Returns whether libcurl may go on.
    mutating func filled(_ chunk: [UInt8]?, _ file: OpenFile?) -> Bool {
        reading = nil
        self.file = file
        if let chunk { next = chunk } else { hasEnded = true }
        position += Int64(chunk?.count ?? 0)
        defer { isPaused = false }
        return isPaused
    }

    mutating func failed() { reading = nil }

    /// Begins again, for a connection that was lost before it took anything; false when the source cannot.
    mutating func rewind() -> Bool {
        guard case .bytes(let bytes) = body else { return false }
        current = bytes[...]
        return true
    }

    private var isAtEnd: Bool {
        switch body {
        case .none, .bytes: true
        case .file, .stream: hasEnded
        }
    }

    private mutating func readAhead(_ transfer: Transfer) {
        guard reading == nil, next == nil, !isAtEnd else { return }
        reading = Task { [body, position, file] in
            let outcome: Result<([UInt8]?, OpenFile?), any Error>
            do { outcome = .success(try await body.chunk(at: position, file)) } catch { outcome = .failure(error) }
            transfer.loop.perform { transfer.filled(outcome) }
        }
    }

    static func chunkCount(_ left: Int64) -> Int { Int(min(left, chunkSize)) }
}

extension HTTPBody {
    /// The next chunk, which begins `position` bytes after the body's start; for a file also the open file.
    fileprivate func chunk(at position: Int64, _ file: OpenFile?) async throws -> ([UInt8]?, OpenFile?) {
        switch self {
        case .none, .bytes: return (nil, nil)
        case .stream(_, let next): return (try await next(), nil)
        case .file(let path, let offset, let length):
            guard position < length else { return (nil, nil) }
            return try await BlockingWork.run {
                let open = try file ?? OpenFile(reading: path)
                let bytes = try open.read(at: offset + position, count: Outflow.chunkCount(length - position))
                guard !bytes.isEmpty else {
                    throw HTTPError(.local, "the file \(path) became shorter while it was sent")
                }
                return (bytes, open)
            }
        }
    }
}

extension Transfer {
    func configureSending() {
        let hasBody = !outflow.isEmpty
        guard hasBody || request.method == "PUT" || request.method == "POST" else { return }
        ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
        ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(outflow.length ?? -1))
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(easy, CURLOPT_READDATA, context)
        ccurl_set_data_function(easy, CURLOPT_READFUNCTION) { data, size, count, context in
            Transfer.of(context)?.send(UnsafeMutableRawBufferPointer(start: data, count: size * count))
                ?? Int(CURL_READFUNC_ABORT)
        }
        ccurl_set_pointer(easy, CURLOPT_SEEKDATA, context)
        ccurl_set_seek_function(easy) { context, offset, _ in
            offset == 0 && Transfer.of(context)?.outflow.rewind() == true ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK
        }
    }

    private func send(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        switch outflow.fill(buffer, self) {
        case .sent(let count): count
        case .end: 0
        case .wait: Int(CURL_READFUNC_PAUSE)
        }
    }

    func filled(_ outcome: Result<([UInt8]?, OpenFile?), any Error>) {
        switch outcome {
        case .success(let (chunk, file)):
            if outflow.filled(chunk, file) { updatePauses() }
        case .failure(let error):
            outflow.failed()
            stop(error)
        }
        finishIfIdle()
    }
}
