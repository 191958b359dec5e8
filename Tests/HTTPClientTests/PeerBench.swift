import Foundation
import HTTPClient
import Supervision
import TestServers

/// A client, and the server with bad manners that it talks to.
struct PeerBench: Sendable {
    let client: HTTPSession
    let server: ServerProcess
    let folder: TestFolder
    let loop: EventLoop
    var scheme = "http"

    func url(_ path: String) -> String { "\(scheme)://127.0.0.1:\(server.port)\(path)" }

    /// Runs the body with everything in place, and stops everything afterwards.
    static func with(
        certificate: (certificate: String, key: String)? = nil, _ body: (PeerBench) async throws -> Void
    ) async throws {
        let loop = try EventLoop(name: "test-http")
        defer { loop.stop() }
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "peer.py").path
        let files = certificate.map { [$0.certificate, $0.key] } ?? []
        let server = try await ServerProcess.start(["python3", "-u", script] + files, portAfter: "port ", on: loop)
        do {
            let bench = PeerBench(
                client: try await HTTPSession(on: loop), server: server, folder: try TestFolder(), loop: loop,
                scheme: certificate == nil ? "http" : "https")
            try await body(bench)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}
