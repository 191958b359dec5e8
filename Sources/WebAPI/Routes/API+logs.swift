internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    /// The log of one try. `Accept` chooses the form: `application/json` (Airflow's, at most a MiB at a time, continued with `token`),
    /// `application/x-ndjson` (an object a line) or `text/plain` (the bytes); with `follow=true` the last two go on until the try ends.
    func log(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let follow = reader.bool("follow") ?? false
        let offset = reader.integer("token", atLeast: 0) ?? 0
        try reader.finish()
        let log = try await tryLog(request)
        switch request.accepts(["application/json", "application/x-ndjson", "text/plain"]) {
        case "application/json": return .json(try await logPage(log, from: offset))
        case "application/x-ndjson":
            return stream(request, log, follow: follow, type: "application/x-ndjson", LogLines.ndjson)
        case "text/plain":
            return stream(request, log, follow: follow, type: "text/plain; charset=utf-8", LogLines.bytes)
        default:
            throw APIError(
                status: .notAcceptable,
                detail: .string("Accept must be application/json, application/x-ndjson or text/plain"))
        }
    }

    /// One try of a task instance, as far as its log goes.
    struct TryLog: Sendable {
        let run: Int64
        let taskID: String
        let mapIndex: Int
        let tryNumber: Int
    }

    private func tryLog(_ request: APIRequest) async throws -> TryLog {
        let run = try await run(request)
        let instance = try await instance(request, of: run)
        let text = try request.path("try_number")
        guard let number = Int(text), Int32(exactly: number) != nil, number >= 0 else {
            throw APIError.unprocessable([
                InvalidField(["path", "try_number"], "int_parsing", "Input should be a valid integer")
            ])
        }
        // 0 asks for the try that the instance is at, or will be at first.
        let wanted = number == 0 ? max(1, instance.tryNumber) : number
        guard wanted <= max(1, instance.tryNumber) else {
            throw APIError.notFound(
                "Task \(instance.taskID) has no try \(wanted) yet; it is at try \(instance.tryNumber)")
        }
        return TryLog(run: run.id, taskID: instance.taskID, mapIndex: instance.mapIndex, tryNumber: wanted)
    }

    private static let pageBytes = 1 << 20
    private static let chunkBytes = 64 << 10
    private static let pause = Duration.milliseconds(100)

    private func logPage(_ log: TryLog, from offset: Int) async throws -> JSONValue {
        var skipped = offset
        var bytes: [UInt8] = []
        for attempt in try await attempts(log) {
            var position: Int64 = 0
            while bytes.count < Self.pageBytes {
                let part = try await logs.read(attempt: attempt, from: position, limit: Self.chunkBytes)
                position += Int64(part.bytes.count)
                let fresh = part.bytes.dropFirst(skipped)
                skipped -= part.bytes.count - fresh.count
                bytes += fresh
                if part.bytes.isEmpty || part.isComplete { break }
            }
        }
        // A line is told as a whole, unless it alone fills the page.
        let isFull = bytes.count >= Self.pageBytes
        if isFull, let end = bytes.lastIndex(of: 0x0A) { bytes = Array(bytes[...end]) }
        return .object([
            "content": .array(LogLines.events(bytes)),
            "continuation_token": isFull ? .string(String(offset + bytes.count)) : .null,
        ])
    }

    private func attempts(_ log: TryLog) async throws -> [Int64] {
        try await store.attemptIDs(run: log.run, taskID: log.taskID, mapIndex: log.mapIndex, tryNumber: log.tryNumber)
    }

    private func stream(
        _ request: APIRequest, _ log: TryLog, follow: Bool, type: String, _ format: @escaping LogLines.Format
    ) -> Response {
        request.stream(type: type, pause: Self.pause, LogLines()) { lines, writer in
            // Asked before reading, so that what is written until the end is read.
            let isOpen = follow ? try await isOpen(log) : false
            for attempt in try await attempts(log) { try await copy(attempt, &lines, format, to: &writer) }
            if !isOpen { try await writer.write(nonempty: format(&lines, nil)) }
            return !isOpen
        }
    }

    /// Writes what an attempt has logged since the last look.
    @concurrent private func copy(
        _ attempt: Int64, _ lines: inout LogLines, _ format: LogLines.Format, to writer: inout any ResponseBodyWriter
    ) async throws {
        while !lines.complete.contains(attempt) {
            let position = lines.positions[attempt, default: 0]
            let part = try await logs.read(attempt: attempt, from: position, limit: Self.chunkBytes)
            lines.positions[attempt] = position + Int64(part.bytes.count)
            try await writer.write(nonempty: format(&lines, part.bytes))
            if part.isComplete { lines.complete.insert(attempt) }
            if part.bytes.isEmpty { return }
        }
    }

    /// Whether more of the log may come: the try is the instance's last one and has not ended.
    private func isOpen(_ log: TryLog) async throws -> Bool {
        guard let instance = try await store.instance(run: log.run, taskID: log.taskID, mapIndex: log.mapIndex) else {
            return false
        }
        guard instance.tryNumber <= log.tryNumber, !instance.state.isFinished else { return false }
        return instance.tryNumber < log.tryNumber || instance.state != .upForRetry
    }
}

/// Cuts a log into lines as it comes.
struct LogLines: Sendable {
    /// Turns bytes into what the client gets; nil means that the log has ended.
    typealias Format = @Sendable (inout LogLines, [UInt8]?) -> [UInt8]

    /// How many bytes of each attempt were read.
    var positions: [Int64: Int64] = [:]
    /// The attempts that will log no more.
    var complete: Set<Int64> = []
    private var rest: [UInt8] = []

    /// A line that is longer is told in parts.
    private static let longest = 64 << 10

    /// The bytes as they are; nil means the end.
    static func bytes(_ lines: inout LogLines, _ bytes: [UInt8]?) -> [UInt8] { bytes ?? [] }

    /// An object for each line that is complete; nil means the end.
    static func ndjson(_ lines: inout LogLines, _ bytes: [UInt8]?) -> [UInt8] {
        lines.rest += bytes ?? []
        let end =
            if bytes == nil || lines.rest.count > longest { lines.rest.endIndex } else {
                lines.rest.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            }
        let complete = Array(lines.rest[..<end])
        lines.rest.removeFirst(end)
        return events(complete).flatMap { Array(($0.compactJSON + "\n").utf8) }
    }

    /// Airflow's `StructuredLogMessage`, one for each line.
    static func events(_ bytes: [UInt8]) -> [JSONValue] {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { line in
            .object(["event": .string(String(decoding: line, as: UTF8.self)), "timestamp": .null])
        }
    }
}

extension ResponseBodyWriter {
    @concurrent fileprivate mutating func write(nonempty bytes: [UInt8]) async throws {
        if !bytes.isEmpty { try await write(ByteBuffer(bytes: bytes)) }
    }
}
