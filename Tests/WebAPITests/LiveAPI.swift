import DAGModel
import HTTPClient
import Logging
import ServiceLifecycle
import Supervision
import WebAPI

/// The API behind a real socket.
struct LiveAPI {
    let url: String
    let client: HTTPSession
    private let token: String

    /// Serves the bundle's API on a free port while the body runs.
    static func with(_ bundle: APIBundle, _ body: (LiveAPI) async throws -> Void) async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let server = APIServer(bundle.api, .init(port: 0)) { found.yield($0) }
        let group = ServiceGroup(services: [server], logger: bundle.api.logger)
        let running = Task { try await group.run() }
        var iterator = ports.makeAsyncIterator()
        let port = await iterator.next() ?? 0
        do {
            let client = try await HTTPSession(on: bundle.loop)
            try await body(LiveAPI(url: "http://127.0.0.1:\(port)", client: client, token: APIBundle.token))
        } catch {
            await group.triggerGracefulShutdown()
            try await running.value
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    func get(_ path: String, accept: String = "application/json") async throws -> HTTPResponse {
        try await client.send(
            HTTPRequest("GET", url + path, headers: ["Authorization": "Bearer \(token)", "Accept": accept]))
    }

    /// Reads a stream to its end and tells when something came; returns the status.
    func wait(_ path: String, _ received: @escaping @Sendable () -> Void) async throws -> Int {
        let request = HTTPRequest("GET", url + path, headers: ["Authorization": "Bearer \(token)"])
        return try await client.send(request, into: .chunks { _ in received() }).status
    }
}
