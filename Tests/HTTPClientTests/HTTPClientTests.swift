import Foundation
import HTTPClient
import Supervision
import Synchronization
import Testing
import TestServers

@Suite struct HTTPClientTests {
    @Test func `a request arrives as it was written`() async throws {
        try await PeerBench.with { bench async throws in
            let answer = try await bench.client.send(
                HTTPRequest(
                    "PUT", bench.url("/echo/a//b/../c%20d?x=1&y=%2F"), headers: ["X-Own": "ä b", "X-Empty": ""],
                    body: .bytes([1, 2, 3])))
            #expect(answer.status == 200)
            #expect(answer.body == [1, 2, 3])
            #expect(answer.headers["x-method"] == "PUT")
            #expect(answer.headers["X-Path"] == "/echo/a//b/../c%20d?x=1&y=%2F")
            let seen = answer.headers.fields.filter { $0.name == "X-Seen" }.map(\.value)
            #expect(seen.contains("Content-Length: 3"))
            #expect(seen.contains("X-Empty:") || seen.contains("X-Empty: "))
            #expect(!seen.contains { $0.hasPrefix("Expect") })
        }
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "DELETE"])
    func `every method works without a body`(method: String) async throws {
        try await PeerBench.with { bench async throws in
            let answer = try await bench.client.send(HTTPRequest(method, bench.url("/echo")))
            #expect(answer.status == 200)
            #expect(answer.headers["X-Method"] == method)
            #expect(answer.body.isEmpty)
        }
    }

    @Test func `an answer of another status is an answer, and no redirect is followed`() async throws {
        try await PeerBench.with { bench async throws in
            for status in [301, 307, 404, 503] {
                let answer = try await bench.client.send(
                    HTTPRequest("GET", bench.url("/status?code=\(status)&text=no")))
                #expect(answer.status == status)
                #expect(answer.text == "refused: no")
            }
        }
    }

    @Test func `a file is sent in part, and an answer is written into a file from an offset`() async throws {
        try await PeerBench.with { bench async throws in
            let bytes = noise(3_000_000)
            let source = try bench.folder.write("source", bytes)
            let target = "\(bench.folder.path)/target"
            _ = try await bench.client.send(
                HTTPRequest("POST", bench.url("/echo"), body: .file(source, offset: 1_000, length: 2_000_000)),
                into: .file(target, offset: 0))
            #expect(try bench.folder.bytes("target") == [UInt8](bytes[1_000..<2_001_000]))

            _ = try await bench.client.send(
                HTTPRequest("GET", bench.url("/bytes?size=256"), headers: ["Range": "bytes=1000-"]),
                into: .file(target, offset: 1_000))
            #expect(try bench.folder.bytes("target") == [UInt8](bytes[1_000..<2_000]) + [UInt8](0...255))
        }
    }

    @Test func `an empty answer makes an empty file, and a refusal leaves the file alone`() async throws {
        try await PeerBench.with { bench async throws in
            let target = try bench.folder.write("target", [1, 2, 3])
            let refused = try await bench.client.send(
                HTTPRequest("GET", bench.url("/status?code=404")), into: .file(target, offset: 0))
            #expect(refused.text == "refused: ")
            #expect(try bench.folder.bytes("target") == [1, 2, 3])
            _ = try await bench.client.send(
                HTTPRequest("GET", bench.url("/bytes?size=0")), into: .file(target, offset: 0))
            #expect(try bench.folder.bytes("target") == [])
        }
    }

    @Test func `a stream without a known length is sent in chunks`() async throws {
        try await PeerBench.with { bench async throws in
            let left = Mutex(["one", "", "two", "three"])
            let answer = try await bench.client.send(
                HTTPRequest(
                    "PUT", bench.url("/echo"),
                    body: .stream(length: nil) { left.withLock { $0.isEmpty ? nil : [UInt8]($0.removeFirst().utf8) } }))
            #expect(answer.text == "onetwothree")
        }
    }

    @Test func `a slow reader holds the server up instead of filling memory`() async throws {
        try await PeerBench.with { bench async throws in
            let size = 64 << 20
            let seen = Mutex((bytes: 0, chunks: 0, largest: 0))
            _ = try await bench.client.send(
                HTTPRequest("GET", bench.url("/bytes?size=\(size)")),
                into: .chunks { chunk in
                    for _ in 0..<50 { await Task.yield() }
                    seen.withLock { $0 = ($0.bytes + chunk.count, $0.chunks + 1, max($0.largest, chunk.count)) }
                })
            #expect(seen.withLock { $0.bytes } == size)
            #expect(seen.withLock { $0.largest } <= 2 << 20)
        }
    }

    @Test func `what a body or a sink throws is the error of the request`() async throws {
        struct Mine: Error, Equatable {}
        try await PeerBench.with { bench async throws in
            await #expect(throws: Mine()) {
                try await bench.client.send(
                    HTTPRequest("PUT", bench.url("/echo"), body: .stream(length: 10) { throw Mine() }))
            }
            await #expect(throws: Mine()) {
                try await bench.client.send(
                    HTTPRequest("GET", bench.url("/bytes?size=9000000")), into: .chunks { _ in throw Mine() })
            }
            let file = try bench.folder.write("short", [1, 2, 3])
            let error = await #expect(throws: HTTPError.self) {
                try await bench.client.send(
                    HTTPRequest("PUT", bench.url("/echo"), body: .file(file, offset: 0, length: 10)))
            }
            #expect(error?.kind == .local)
            await #expect(throws: SystemError.self) {
                try await bench.client.send(
                    HTTPRequest("GET", bench.url("/bytes?size=10")), into: .file("/nonexistent/file", offset: 0))
            }
        }
    }

    @Test func `an answer larger than the limit is refused`() async throws {
        try await PeerBench.with { bench async throws in
            let error = await #expect(throws: HTTPError.self) {
                try await bench.client.send(
                    HTTPRequest("GET", bench.url("/bytes?size=5000")), into: .memory(limit: 4_999))
            }
            #expect(error?.kind == .tooLarge)
        }
    }

    @Test func `many requests at once share the client`() async throws {
        try await PeerBench.with { bench async throws in
            let total = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        try await bench.client.send(HTTPRequest("GET", bench.url("/bytes?size=\(index)"))).body.count
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(total == 200 * 199 / 2)
        }
    }
}
