import DAGKit
import Foundation
import HTTPClient
import Testing
import TestServers
@testable import Operators

@Suite(.enabled(if: TestTools.areInstalled, "the S3 test servers are not installed: run scripts/test-tools.sh"))
struct S3FailureTests {
    @Test func `wrong keys, buckets and objects are told apart, and no secret is told`() async throws {
        try await S3Bench.with { bench async throws in
            let place = bench.place("key")
            await Self.expect("does not know the access key of connection minio", from: bench) {
                _ = try await bench.client(accessKey: "wrong").get(place)
            }
            await Self.expect("the secret key of connection minio is wrong", from: bench) {
                _ = try await bench.client(secretKey: "wrong-secret").get(place)
            }
            await Self.expect("there is no bucket nowhere", from: bench) {
                _ = try await bench.client().get(S3Location(bucket: "nowhere", key: "key"))
            }
            await Self.expect("there is no bucket nowhere", from: bench) {
                _ = try await bench.client().exists(S3Location(bucket: "nowhere", key: "key"))
            }
            await Self.expect("there is no bucket nowhere", from: bench) {
                _ = try await bench.client().list(S3Location(bucket: "nowhere", key: ""))
            }
            await Self.expect("there is no object s3://bucket/key", from: bench) {
                _ = try await bench.client().get(place)
            }
            await Self.expect("there is no object s3://bucket/key", from: bench) {
                _ = try await bench.client().download(place, to: "\(bench.folder.path)/file")
            }
            #expect(try bench.folder.files() == [])
        }
    }

    @Test func `a wrong clock is named`() async throws {
        try await S3Bench.with { bench async throws in
            let late = S3Client(try bench.client().settings, http: bench.http, retry: bench.retry) {
                .init(seconds: 1_600_000_000)
            }
            await Self.expect("this machine's clock differs too much", from: bench) {
                _ = try await late.list(bench.place(""))
            }
            try await bench.withFaults(#"{"when": ".", "do": "error:403:RequestTimeTooSkewed"}"#) {
                bench, _ async throws in
                await Self.expect("set the clock", from: bench) { _ = try await bench.client().list(bench.place("")) }
            }
        }
    }

    @Test func `a server that is gone is a sentence with the address`() async throws {
        try await S3Bench.with { bench async throws in
            let port = try DeafPort()
            var bench = bench
            bench.endpoint = "http://127.0.0.1:\(port.number)"
            await Self.expect("no connection", from: bench) { _ = try await bench.client().list(bench.place("")) }
        }
    }

    @Test(arguments: ["slowdown", "error:500:InternalError", "reset", "error:400:RequestTimeout"])
    func `troubles that pass are waited out`(trouble: String) async throws {
        try await S3Bench.with { bench async throws in
            let rule = #"{"when": "PUT|GET|HEAD|DELETE|POST", "times": 3, "do": "\#(trouble)"}"#
            for step in 0..<4 {
                try await bench.withFaults(rule) { bench, proxy async throws in
                    let client = try bench.client()
                    switch step {
                    case 0: try await client.put([1, 2, 3], to: bench.place("key"))
                    case 1: #expect(try await client.get(bench.place("key")) == [1, 2, 3])
                    case 2: #expect(try await client.list(bench.place("")).map(\.key) == ["key"])
                    default: try await client.delete(["key"], in: "bucket")
                    }
                    #expect(proxy.output.filter { $0.hasPrefix("request \(trouble)") }.count == 3)
                }
            }
            #expect(try await bench.client().list(bench.place("")) == [])
        }
    }

    @Test func `troubles that do not pass end after the attempts that are allowed`() async throws {
        try await S3Bench.with { bench async throws in
            try await bench.withFaults(#"{"when": ".", "times": 100, "do": "slowdown"}"#) { bench, proxy async throws in
                let error = await #expect(throws: S3Error.self) {
                    try await bench.client().put([1], to: bench.place("key"))
                }
                #expect(error?.code == "SlowDown")
                #expect(proxy.output.filter { $0.hasPrefix("request") }.count == bench.retry.attempts)
            }
        }
    }

    @Test func `a stalled answer is given up and asked for again`() async throws {
        try await S3Bench.with { bench async throws in
            try await bench.client().put(noise(100_000), to: bench.place("key"))
            try await bench.withFaults(#"{"when": "GET", "do": "stall"}"#) { bench, _ async throws in
                var bench = bench
                bench.stall = 1
                #expect(try await bench.client().get(bench.place("key")) == noise(100_000))
            }
        }
    }

    @Test func `damage on the way is found in both directions`() async throws {
        try await S3Bench.with { bench async throws in
            let bytes = noise(100_000)
            let file = try bench.folder.write("file", bytes)
            try await bench.withFaults(#"{"when": "PUT", "times": 100, "do": "corrupt-request"}"#) {
                bench, _ async throws in
                await #expect(throws: (any Error).self) {
                    try await bench.client().upload(file, to: bench.place("key"))
                }
            }
            #expect(try await bench.client().exists(bench.place("key")) == false)
            try await bench.withFaults(#"{"when": "PUT", "do": "lie"}"#) { bench, proxy async throws in
                _ = try await bench.client().upload(file, to: bench.place("key"))
                #expect(proxy.output.filter { $0.hasPrefix("request") }.count == 2)
            }
            try await bench.withFaults(#"{"when": "GET", "times": 2, "do": "corrupt"}"#) { bench, _ async throws in
                _ = try await bench.client().download(bench.place("key"), to: "\(bench.folder.path)/back")
                #expect(try bench.folder.bytes("back") == bytes)
            }
            try await bench.withFaults(#"{"when": "GET", "times": 100, "do": "corrupt"}"#) { bench, _ async throws in
                await #expect(throws: ChecksumMismatch.self) {
                    try await bench.client().download(bench.place("key"), to: "\(bench.folder.path)/bad")
                }
            }
            #expect(try bench.folder.files() == ["back", "file"])
        }
    }

    @Test func `what a connection lacks is named`() throws {
        func message(_ fields: String) -> String {
            do {
                _ = try S3Settings(JSONDecoder().decode(TaskConnection.self, from: Data(fields.utf8)))
                return "fine"
            } catch { return "\(error)" }
        }
        let base = #""connection_id": "c", "conn_type": "aws", "login": "a", "password": "p""#
        #expect(message(#"{"connection_id": "c", "conn_type": "http", "extra": {}}"#).contains("needs one of type aws"))
        #expect(message(#"{"connection_id": "c", "conn_type": "aws", "extra": {}}"#).contains("no access key (login)"))
        #expect(
            message(#"{"connection_id": "c", "conn_type": "aws", "login": "a", "extra": {}}"#).contains("no secret key")
        )
        #expect(
            message(#"{\#(base), "extra": {"endpoint_url": "minio:9000"}}"#).contains("endpoint_url is not an address"))
        #expect(message(#"{\#(base), "extra": {"verify": false}}"#).contains("turns the check"))
        #expect(
            message(#"{\#(base), "extra": {"config_kwargs": {"s3": {"addressing_style": "odd"}}}}"#).contains("\"odd\"")
        )
        #expect(
            message(#"{\#(base), "extra": {"verify": "/etc/ca.pem", "endpoint_url": "https://s3.example.org/"}}"#)
                == "fine")
    }

    @Test func `addresses are made for paths and for virtual hosts`() throws {
        func url(_ extra: String) throws -> String {
            let json = #"{"connection_id": "c", "conn_type": "aws", "login": "a", "password": "p", "extra": \#(extra)}"#
            let settings = try S3Settings(JSONDecoder().decode(TaskConnection.self, from: Data(json.utf8)))
            let place = S3Location(bucket: "bucket", key: "a b//c")
            return settings.signed(S3Request(method: "GET", place: place, query: [("x", "1 2")]), at: .init(seconds: 0))
                .url
        }
        #expect(try url("{}") == "https://bucket.s3.us-east-1.amazonaws.com/a%20b//c?x=1%202")
        #expect(try url(#"{"endpoint_url": "http://h:9000/base/"}"#) == "http://h:9000/base/bucket/a%20b//c?x=1%202")
        #expect(
            try url(#"{"endpoint_url": "https://H:443", "config_kwargs": {"s3": {"addressing_style": "virtual"}}}"#)
                == "https://bucket.h/a%20b//c?x=1%202")
    }

    private static func expect(_ text: String, from bench: S3Bench, _ body: () async throws -> Void) async {
        do {
            try await body()
            Issue.record("no error, expected: \(text)")
        } catch {
            #expect("\(error)".contains(text))
            for secret in [S3TestServer.secretKey, "wrong-secret", "Signature="] {
                #expect(!"\(error)".contains(secret))
            }
        }
    }
}
