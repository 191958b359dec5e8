import Foundation
import HTTPClient
import Supervision
import Testing
import TestServers

@Suite struct HTTPFailureTests {
    @Test(arguments: [("/reset", HTTPError.Kind.lost), ("/half", .lost), ("/stall", .timedOut)])
    func `a connection that breaks or stalls is a passing error`(path: String, kind: HTTPError.Kind) async throws {
        try await PeerBench.with { bench async throws in
            let error = await #expect(throws: HTTPError.self) {
                try await bench.client.send(
                    HTTPRequest("GET", bench.url("\(path)?X-Amz-Signature=secret"), timeouts: HTTPTimeouts(stall: 1)))
            }
            #expect(error?.kind == kind)
            #expect(error?.isTransient == true)
            #expect(error?.description.contains("secret") == false)
            #expect(error?.description.hasPrefix("GET http://127.0.0.1:\(bench.server.port)\(path): ") == true)
        }
    }

    @Test func `the total time ends a request that moves`() async throws {
        try await PeerBench.with { bench async throws in
            let error = await #expect(throws: HTTPError.self) {
                try await bench.client.send(HTTPRequest("GET", bench.url("/stall"), timeouts: HTTPTimeouts(total: 0.2)))
            }
            #expect(error?.kind == .timedOut)
        }
    }

    @Test func `nobody listens`() async throws {
        try await PeerBench.with { bench async throws in
            let port = try DeafPort()
            let error = await #expect(throws: HTTPError.self) {
                try await bench.client.send(HTTPRequest("GET", "http://127.0.0.1:\(port.number)/echo"))
            }
            #expect(error?.kind == .unreachable)
        }
    }

    @Test func `a name that does not exist`() async throws {
        try await PeerBench.with { bench async throws in
            let error = await #expect(throws: HTTPError.self) {
                try await bench.client.send(HTTPRequest("GET", "http://no-such-host.invalid/"))
            }
            #expect(error?.kind == .unknownHost)
        }
    }

    @Test(arguments: ["ftp://127.0.0.1/", "file:///etc/passwd", "nonsense", "http://a b/", "http://127.0.0.1:99999/"])
    func `only http and https addresses are accepted`(url: String) async throws {
        try await PeerBench.with { bench async throws in
            let error = await #expect(throws: HTTPError.self) { try await bench.client.send(HTTPRequest("GET", url)) }
            #expect(error?.kind == .invalid)
        }
    }

    @Test func `a header cannot smuggle in another`() async throws {
        try await PeerBench.with { bench async throws in
            let error = await #expect(throws: HTTPError.self) {
                try await bench.client.send(HTTPRequest("GET", bench.url("/echo"), headers: ["X-A": "b\r\nX-C: d"]))
            }
            #expect(error?.kind == .invalid)
        }
    }

    @Test func `cancelling ends the transfer at once`() async throws {
        try await PeerBench.with { bench async throws in
            let task = Task { try await bench.client.send(HTTPRequest("GET", bench.url("/stall"))) }
            _ = try await bench.server.line { $0.contains("/stall") }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            _ = try await bench.server.line { $0 == "the stalled client went" }
        }
    }

    @Test func `cancelling ends a download while its sink is at work`() async throws {
        try await PeerBench.with { bench async throws in
            let task = Task {
                try await bench.client.send(
                    HTTPRequest("GET", bench.url("/bytes?size=500000000")),
                    into: .chunks { _ in try await bench.loop.sleep(for: .seconds(3_600)) })
            }
            _ = try await bench.server.line { $0.contains("/bytes") }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            _ = try await bench.server.line { $0.hasPrefix("gave up") }
        }
    }

    @Test func `a certificate is trusted only when its authority is`() async throws {
        let folder = try TestFolder()
        let files = (certificate: "\(folder.path)/c.pem", key: "\(folder.path)/k.pem")
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1", "-keyout", files.key, "-out", files.certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try await PeerBench.with(certificate: files) { bench async throws in
            let error = await #expect(throws: HTTPError.self) {
                try await bench.client.send(HTTPRequest("GET", bench.url("/echo")))
            }
            #expect(error?.kind == .untrusted)
            #expect(error?.isTransient == false)
            let trusted = try await bench.client.send(
                HTTPRequest("GET", bench.url("/echo"), authorities: files.certificate))
            #expect(trusted.status == 200)
        }
    }
}
