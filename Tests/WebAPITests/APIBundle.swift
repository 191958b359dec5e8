import Crypto
import DAGModel
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOEmbedded
import Postgres
import Store
import Supervision
import Synchronization
import TestSupport
import WebAPI

/// The API over a database of its own, asked without a socket.
final class APIBundle: Sendable {
    let database: TestDatabase
    let store: StateStore
    let api: API
    let logs = MemoryLogs()
    let pool: PostgresPool
    let loop: Supervision.EventLoop
    private let folder: String
    private let responder: RouterResponder<APIContext>

    static let token = "the-token-of-the-test"
    /// What the API takes for now.
    static let now = Instant(Day(2026, 3, 1), hour: 12)

    init(allowedHosts: [String]? = []) async throws {
        database = try await TestPostgres.freshDatabase(template: try await Self.template.value)
        loop = try Supervision.EventLoop(name: "api-tests")
        pool = PostgresPool(database.configuration, size: 3, on: loop)
        store = StateStore(pool: pool)
        folder = NSTemporaryDirectory() + "/slipstream-api-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let sealer = Sealer(ring: try KeyRing.create(folder + "/keys"))
        var log = Logger(label: "api-tests")
        log.logLevel = .critical
        api = API(store: store, sealer: sealer, logs: logs, version: "1.2.3", logger: log, now: { Self.now })
        responder = api.router(allowedHosts: allowedHosts).buildResponder()
        try await store.saveToken(hash: APIToken(Self.token).hash, name: "test", now: Self.now)
    }

    deinit {
        let (pool, loop) = (pool, loop)
        try? FileManager.default.removeItem(atPath: folder)
        Task {
            await pool.close()
            loop.shutdown()
        }
    }

    private static let template = Task {
        let database = try await TestPostgres.freshDatabase()
        let loop = try Supervision.EventLoop(name: "api-tests-template")
        let connection = try await PostgresConnection.connect(database.configuration, on: loop)
        _ = try await Migrator(connection).migrate()
        await connection.close()
        loop.shutdown()
        return database
    }
}

/// An answer of the API.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let body: String

    var json: JSONValue {
        var reader = JSONReader(body)
        return reader.read() ?? .null
    }

    /// `detail`, as JSON text.
    var detail: String { json["detail"]?.stringValue ?? json["detail"]?.compactJSON ?? "" }
}

extension APIBundle {
    func get(_ path: String, accept: String? = nil) async throws -> Answer {
        try await ask(.get, path, headers: accept.map { [.accept: $0] } ?? [:])
    }

    func post(_ path: String, _ body: JSONValue) async throws -> Answer {
        try await ask(.post, path, body: body.compactJSON)
    }
    func patch(_ path: String, _ body: JSONValue) async throws -> Answer {
        try await ask(.patch, path, body: body.compactJSON)
    }

    func ask(
        _ method: HTTPRequest.Method, _ path: String, body: String = "", token: String? = APIBundle.token,
        host: String = "127.0.0.1:8793", headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        let request = Request(
            head: HTTPRequest(method: method, scheme: "http", authority: host, path: path, headerFields: headers),
            body: RequestBody(buffer: ByteBuffer(string: body)))
        let context = APIContext(source: .init(channel: NIOAsyncTestingChannel(), logger: api.logger))
        let response = try await responder.respond(to: request, context: context)
        let collected = CollectedBody()
        try await response.body.write(collected)
        return Answer(
            status: response.status.code, headers: response.headers, body: collected.text.withLock { $0 })
    }
}

private final class CollectedBody: ResponseBodyWriter, Sendable {
    let text = Mutex("")

    func write(_ buffer: ByteBuffer) async throws { text.withLock { $0 += String(buffer: buffer) } }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// Logs of attempts in memory.
final class MemoryLogs: LogSource {
    private let logs = Mutex<[Int64: (bytes: [UInt8], isComplete: Bool)]>([:])

    func write(_ text: String, attempt: Int64, isComplete: Bool = false) {
        logs.withLock { logs in
            logs[attempt, default: ([], false)].bytes += Array(text.utf8)
            logs[attempt, default: ([], false)].isComplete = isComplete
        }
    }

    func read(attempt: Int64, from: Int64, limit: Int) async throws -> LogPart {
        logs.withLock { logs in
            guard let log = logs[attempt] else { return LogPart(bytes: [], isComplete: false) }
            let part = log.bytes.dropFirst(Int(from)).prefix(limit)
            return LogPart(bytes: Array(part), isComplete: log.isComplete && Int(from) + part.count == log.bytes.count)
        }
    }
}
