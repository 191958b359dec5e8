internal import CCurl
internal import Supervision

/// The body of an answer between libcurl and its sink. libcurl is held up while too much waits for the sink.
struct Inflow {
    private static let limit = 1 << 20

    let sink: HTTPSink
    /// What the answer keeps in memory.
    var kept: [UInt8] = []
    /// What has come and the sink has not seen.
    private(set) var waiting: [UInt8] = []
    private(set) var isPaused = false
    private var file: OpenFile?
    private var offset: Int64?
    private var draining: Task<Void, Never>?

    init(_ sink: HTTPSink) { self.sink = sink }

    var isBusy: Bool { draining != nil }
    var isEmpty: Bool { waiting.isEmpty }

    mutating func abandon() {
        waiting = []
        draining?.cancel()
    }

    /// False when there is no room now; libcurl then offers the same bytes again later.
    mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        isPaused = waiting.count >= Self.limit
        if !isPaused { waiting.append(contentsOf: bytes) }
        return !isPaused
    }

    /// Starts to give to the sink what waits, unless the sink is still at work. A file is made also when nothing waits.
    mutating func drain(_ transfer: Transfer, isLast: Bool = false) {
        guard draining == nil, !waiting.isEmpty || (isLast && offset == nil && sink.isFile) else { return }
        let chunk = waiting
        waiting = []
        let start = offset ?? sink.start(transfer.answer)
        offset = start + Int64(chunk.count)
        draining = Task { [sink, file] in
            let outcome: Result<OpenFile?, any Error>
            do { outcome = .success(try await sink.take(chunk, at: start, file)) } catch { outcome = .failure(error) }
            transfer.loop.perform { transfer.drained(outcome) }
        }
    }

    /// Returns whether libcurl may go on.
    mutating func drained(_ file: OpenFile?) -> Bool {
        draining = nil
        self.file = file
        defer { isPaused = false }
        return isPaused
    }
}

extension HTTPSink {
    fileprivate var isFile: Bool { if case .file = self { true } else { false } }

    /// Where the first byte of an answer belongs in the sink's file. Some servers send a part with the status 200.
    fileprivate func start(_ answer: HTTPResponse) -> Int64 {
        guard case .file(_, let offset) = self else { return 0 }
        if let range = answer.headers["Content-Range"], range.hasPrefix("bytes ") {
            return Int64(range.dropFirst(6).prefix { $0.isNumber }) ?? offset
        }
        return answer.status == 206 ? offset : 0
    }

    /// Writes or hands over one chunk; for a file, returns the open file for the next chunk.
    fileprivate func take(_ chunk: [UInt8], at offset: Int64, _ file: OpenFile?) async throws -> OpenFile? {
        switch self {
        case .memory: return nil
        case .chunks(let take):
            try await take(chunk)
            return nil
        case .file(let path, _):
            return try await BlockingWork.run {
                let open = try file ?? Self.open(path, at: offset)
                try open.write(chunk, at: offset)
                return open
            }
        }
    }

    private static func open(_ path: String, at offset: Int64) throws -> OpenFile {
        let file = try OpenFile(writing: path)
        try file.truncate(to: offset)
        return file
    }
}

extension Transfer {
    func configureReceiving() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        ccurl_set_data_function(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
            Transfer.of(context)?.receive(UnsafeRawBufferPointer(start: data, count: size * count)) ?? 0
        }
        ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        ccurl_set_data_function(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
            Transfer.of(context)?.receiveHeader(UnsafeRawBufferPointer(start: data, count: size * count)) ?? 0
        }
    }

    func drained(_ outcome: Result<OpenFile?, any Error>) {
        switch outcome {
        case .success(let file):
            let mayGoOn = inflow.drained(file)
            inflow.drain(self)
            if mayGoOn { updatePauses() }
            finishIfIdle()
        case .failure(let error):
            _ = inflow.drained(nil)
            inflow.abandon()
            refuse(error)
            stop(error)
            finishIfIdle()
        }
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard answer.isSuccess else { return keep(bytes, limit: 1 << 20, isError: false) }
        if case .memory(let limit) = inflow.sink { return keep(bytes, limit: limit, isError: true) }
        guard inflow.accept(bytes) else { return Int(CURL_WRITEFUNC_PAUSE) }
        inflow.drain(self)
        return bytes.count
    }

    private func keep(_ bytes: UnsafeRawBufferPointer, limit: Int, isError: Bool) -> Int {
        let room = limit - inflow.kept.count
        if bytes.count > room, isError {
            refuse(
                HTTPError(
                    .tooLarge,
                    "\(request.method) \(request.publicURL): the answer has more than \(limit) bytes, the limit here"))
            return 0
        }
        inflow.kept.append(contentsOf: bytes.prefix(max(0, room)))
        return bytes.count
    }

    private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            // An answer of its own follows each interim answer such as "100 Continue".
            let status = line.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0.prefix(3)) }
            answer = HTTPResponse(status: status ?? 0)
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...]
            answer.headers.append(String(line[..<colon]), value.trimmed)
        }
        return bytes.count
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let start = drop { $0.isWhitespace }
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
