internal import Foundation
package import Supervision

/// A real S3 server on a port of its own, with its own data.
package final class S3TestServer: Sendable {
    package static let accessKey = "test-access-key"
    package static let secretKey = "test-secret/key+1"

    package let process: ServerProcess
    private let data: TestFolder

    private init(_ process: ServerProcess, _ data: TestFolder) {
        self.process = process
        self.data = data
    }

    package var endpoint: String { "http://127.0.0.1:\(process.port)" }
    /// The folder in which rclone keeps its buckets as folders.
    package var folder: String { data.path }

    /// `rclone serve s3` on plain files. `buckets` exist.
    package static func rclone(buckets: [String] = ["bucket"], port: Int = 0, on loop: EventLoop) async throws
        -> S3TestServer
    {
        let data = try TestFolder()
        for bucket in buckets {
            try FileManager.default.createDirectory(atPath: "\(data.path)/\(bucket)", withIntermediateDirectories: true)
        }
        let process = try await ServerProcess.start(
            ["\(TestTools.folder)/bin/rclone", "serve", "s3", "--addr", "127.0.0.1:\(port)", data.path],
            portAfter: "Starting s3 server on [http://127.0.0.1:",
            environment: [
                "RCLONE_AUTH_KEY": "\"\(accessKey),\(secretKey)\"", "RCLONE_CONFIG": "", "RCLONE_LOG_LEVEL": "INFO",
            ], on: loop)
        return S3TestServer(process, data)
    }

    /// moto's server: no signatures checked, everything in memory, all of S3's requests.
    package static func moto(on loop: EventLoop) async throws -> S3TestServer {
        let process = try await ServerProcess.start(
            ["\(TestTools.folder)/bin/moto_server", "-H", "127.0.0.1", "-p", "0"],
            portAfter: "Running on http://127.0.0.1:",
            environment: ["PYTHONUNBUFFERED": "1"], on: loop)
        return S3TestServer(process, try TestFolder())
    }

    package func stop() async { await process.stop() }
}
