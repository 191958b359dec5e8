import DAGKit
import HTTPClient
import Testing
import TestServers
@testable import Operators

@Suite(.enabled(if: TestTools.areInstalled, "the S3 test servers are not installed: run scripts/test-tools.sh"))
struct S3ClientTests {
    /// What rclone's plain files can hold.
    static let keys = [
        "plain.txt", "with space/a  b.txt", "häuser/雪/😀.bin", "a+b%20c%/&=?#;,!'()*~.txt", "\"quoted\"<tag>&amp;",
        "deep/er/and/deeper.bin",
    ]
    /// What only a real object store can hold.
    static let strange = [
        "/leading", "a//b", "trailing/", " spaces at both ends ", "dots/../up", "./here", "tab\there", "bell\u{7}",
    ]

    @Test(arguments: keys) func `any key can be stored, listed, copied and deleted`(key: String) async throws {
        try await S3Bench.with { try await Self.roundTrip(key, $0) }
    }

    @Test func `the strangest keys work where the server has no files`() async throws {
        try await S3Bench.with(.moto) { bench async throws in
            for key in Self.keys + Self.strange { try await Self.roundTrip(key, bench) }
        }
    }

    private static func roundTrip(_ key: String, _ bench: S3Bench) async throws {
        let client = try bench.client()
        let bytes = noise(1_000)
        try await client.put(bytes, to: bench.place(key))
        let head = try await client.head(bench.place(key))
        #expect(head.size == 1_000)
        #expect(head.sha256 == ContentDigest(of: bytes).sha256)
        #expect(try await client.get(bench.place(key)) == bytes)
        #expect(try await client.list(bench.place("")).map(\.key) == [key])
        #expect(try await client.list(bench.place(String(key.prefix(3)))).map(\.key) == [key])
        #expect(try await client.exists(bench.place(key)))
        try await client.copy(bench.place(key), to: bench.place("copy of \(key)x"))
        #expect(try await client.get(bench.place("copy of \(key)x")) == bytes)
        try await client.delete([key, "copy of \(key)x", "never existed"], in: "bucket")
        #expect(try await client.exists(bench.place(key)) == false)
        #expect(try await client.list(bench.place("")) == [])
        try await client.delete(bench.place(key))
    }

    @Test(arguments: [S3Bench.Kind.rclone, .moto])
    func `listings and deletions go beyond a page`(kind: S3Bench.Kind) async throws {
        try await S3Bench.with(kind) { bench async throws in
            let client = try bench.client()
            let keys = (0..<1_203).map { "many/key \($0 + 10_000).txt" }
            _ = try await inParallel(keys, limit: 16) { try await client.put([1], to: bench.place($0)) }
            #expect(try await client.list(bench.place("many/")).map(\.key) == keys)
            try await client.delete(keys, in: "bucket")
            #expect(try await client.list(bench.place("")) == [])
        }
    }

    @Test(arguments: [S3Bench.Kind.rclone, .moto])
    func `parts of an object are read`(kind: S3Bench.Kind) async throws {
        try await S3Bench.with(kind) { bench async throws in
            let client = try bench.client()
            let bytes = noise(200_000)
            try await client.put(bytes, to: bench.place("object"))
            for range in [0..<1, 65_536..<131_072, 199_999..<200_000, 0..<200_000, 7..<7] {
                #expect(try await client.get(bench.place("object"), range) == Array(bytes[range]))
            }
            await #expect { try await client.get(bench.place("none"), 0..<1) } throws: {
                ($0 as? S3Error)?.isNotFound == true
            }
        }
    }

    @Test func `files of every size arrive whole`() async throws {
        try await S3Bench.with { bench async throws in
            let client = try bench.client()
            for size in [0, 1, 255, 8 << 20, (16 << 20) - 1] {
                let bytes = noise(size)
                let source = try bench.folder.write("source", bytes)
                let done = try await client.upload(source, to: bench.place("size \(size)"))
                #expect(done == S3Transferred(size: Int64(size), sha256: ContentDigest(of: bytes).sha256))
                let back = try await client.download(bench.place("size \(size)"), to: "\(bench.folder.path)/back")
                #expect(back == done)
                #expect(try bench.folder.bytes("back") == bytes)
            }
            #expect(try bench.folder.files() == ["back", "source"])
        }
    }

    @Test(arguments: [S3Bench.Kind.rclone, .moto])
    func `a large file goes up in parts and comes back`(kind: S3Bench.Kind) async throws {
        try await S3Bench.with(kind) { bench async throws in
            let client = try bench.client()
            let bytes = noise((41 << 20) + 12_345)
            let source = try bench.folder.write("source", bytes)
            let done = try await client.upload(
                source, to: bench.place("big ä.bin"), record: "\(bench.folder.path)/record")
            #expect(done.sha256 == ContentDigest(of: bytes).sha256)
            let head = try await client.head(bench.place("big ä.bin"))
            #expect(head.size == Int64(bytes.count))
            let back = try await client.download(bench.place("big ä.bin"), to: "\(bench.folder.path)/back")
            #expect(back == done)
            #expect(try bench.folder.bytes("back") == bytes)
            #expect(try bench.folder.files() == ["back", "source"])
        }
    }

    @Test func `an interrupted download goes on where it was`() async throws {
        try await S3Bench.with { bench async throws in
            let bytes = noise(6 << 20)
            let source = try bench.folder.write("source", bytes)
            _ = try await bench.client().upload(source, to: bench.place("data"))
            try await bench.withFaults(#"{"when": "GET .*data", "do": "late-reset"}"#) { bench, proxy async throws in
                _ = try await bench.client().download(bench.place("data"), to: "\(bench.folder.path)/back")
                #expect(try bench.folder.bytes("back") == bytes)
                let gets = proxy.output.filter { $0.hasPrefix("request") && $0.contains("GET") }
                #expect(gets.count == 2)
            }
        }
    }

    @Test func `the parts of an object cover it once`() {
        for size: Int64 in [0, 1, 8 << 20, (8 << 20) + 1, 100 << 30, 5 << 40] {
            let parts = S3Parts(size: size)
            #expect(parts.all.count <= 10_000)
            #expect(parts.all.map(\.length).reduce(0, +) == size)
            #expect(zip(parts.all, parts.all.dropFirst()).allSatisfy { $0.offset + $0.length == $1.offset })
        }
    }
}
