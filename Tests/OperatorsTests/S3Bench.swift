import DAGKit
import Foundation
import HTTPClient
@testable import Operators
import Supervision
import TestServers

/// A real S3 server, a client of it, and a folder.
struct S3Bench: Sendable {
    enum Kind: Sendable { case rclone, moto }

    let server: S3TestServer
    let http: HTTPSession
    let loop: EventLoop
    let folder: TestFolder
    var endpoint: String
    /// Waits little, so that tests of retries are short.
    var retry = RetryPolicy(attempts: 4, firstDelay: 0.01, longestDelay: 0.02)
    var stall = 60.0

    /// Runs the body with everything in place, and stops everything afterwards.
    static func with(
        _ kind: Kind = .rclone, buckets: [String] = ["bucket"], _ body: (S3Bench) async throws -> Void
    ) async throws {
        let loop = try EventLoop(name: "test-s3")
        defer { loop.stop() }
        let server =
            try await kind == .rclone ? S3TestServer.rclone(buckets: buckets, on: loop) : S3TestServer.moto(on: loop)
        do {
            let bench = S3Bench(
                server: server, http: try await HTTPSession(on: loop), loop: loop, folder: try TestFolder(),
                endpoint: server.endpoint)
            if kind == .moto { for bucket in buckets { try await bench.client().createBucket(bucket) } }
            try await body(bench)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// Runs the body with a proxy between the client and the server that makes the troubles that `rules` list.
    func withFaults(_ rules: String..., body: (S3Bench, ServerProcess) async throws -> Void) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "fault_proxy.py").path
        let proxy = try await ServerProcess.start(
            ["python3", "-u", script, "\(server.process.port)"] + rules, portAfter: "port ", on: loop)
        var bench = self
        bench.endpoint = "http://127.0.0.1:\(proxy.port)"
        do { try await body(bench, proxy) } catch {
            await proxy.stop()
            throw error
        }
        await proxy.stop()
    }

    func connection(
        accessKey: String = S3TestServer.accessKey, secretKey: String = S3TestServer.secretKey
    ) throws -> TaskConnection {
        try JSONDecoder().decode(
            TaskConnection.self,
            from: JSONSerialization.data(withJSONObject: [
                "connection_id": "minio", "conn_type": "aws", "login": accessKey, "password": secretKey,
                "extra": ["endpoint_url": endpoint],
            ]))
    }

    func client(
        accessKey: String = S3TestServer.accessKey, secretKey: String = S3TestServer.secretKey
    ) throws -> S3Client {
        S3Client(
            try S3Settings(connection(accessKey: accessKey, secretKey: secretKey)), http: http, retry: retry,
            stall: stall)
    }

    func place(_ key: String) -> S3Location { S3Location(bucket: "bucket", key: key) }
}
