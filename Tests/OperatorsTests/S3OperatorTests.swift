import DAGKit
import DAGModel
import Foundation
import HTTPClient
import Testing
import TestServers
import WorkerProtocol
@testable import Operators

@Suite(.enabled(if: TestTools.areInstalled, "the S3 test servers are not installed: run scripts/test-tools.sh"))
struct S3OperatorTests {
    @Test func `a file goes up, is listed, copied, comes down and is deleted`() async throws {
        try await OperatorBench.withS3 { bench, s3 async throws in
            let bytes = noise(50_000)
            try bench.folder.write("work/out/model ä.bin", bytes)
            let up = S3Upload(file: "out/model ä.bin", to: "s3://bucket/models/\(.runID)/", connection: "minio")
            #expect(try await bench.value(String.self, of: up) == "s3://bucket/models/manual__1/model ä.bin")
            let exact = S3Upload(file: "out/model ä.bin", to: "s3://bucket/models/latest", connection: "minio")
            #expect(try await bench.value(String.self, of: exact) == "s3://bucket/models/latest")
            let list = S3List(bucket: "bucket", prefix: "models/\(.runID)", connection: "minio")
            #expect(try await bench.value([String].self, of: list) == ["models/manual__1/model ä.bin"])
            let copy = S3Copy(from: "s3://bucket/models/", to: "s3://bucket/copies/", connection: "minio")
            #expect(try await bench.value(String.self, of: copy) == "s3://bucket/copies/")
            let down = S3Download(from: "s3://bucket/copies/", to: "back", connection: "minio")
            #expect(try await bench.value(String.self, of: down) == "\(bench.folder.path)/work/back")
            #expect(try bench.folder.bytes("work/back/manual__1/model ä.bin") == bytes)
            #expect(try bench.folder.bytes("work/back/latest") == bytes)
            let one = S3Download(from: "s3://bucket/copies/latest", to: "one/file", connection: "minio")
            #expect(try await bench.value(String.self, of: one) == "\(bench.folder.path)/work/one/file")
            let delete = S3Delete("s3://bucket/models/latest", "s3://bucket/copies/", connection: "minio")
            #expect(try await bench.value(Int.self, of: delete) == 3)
            #expect(try await s3.client().list(s3.place("")).map(\.key) == ["models/manual__1/model ä.bin"])
        }
    }

    @Test func `a folder goes up with all that is below it`() async throws {
        try await OperatorBench.withS3 { bench, s3 async throws in
            for name in ["a", "b c/d", "b c/e/ä+%.txt"] { try bench.folder.write("work/data/\(name)", [1, 2, 3]) }
            let up = S3Upload(file: "data", to: "s3://bucket/all", connection: "minio")
            #expect(try await bench.value(String.self, of: up) == "s3://bucket/all")
            #expect(try await s3.client().list(s3.place("")).map(\.key) == ["all/a", "all/b c/d", "all/b c/e/ä+%.txt"])
        }
    }

    @Test func `what is wrong is said in a sentence`() async throws {
        try await OperatorBench.withS3 { bench, s3 async throws in
            func failure(_ operation: some BuiltInOperator) async throws -> String {
                try await bench.run(operation).failure
            }
            #expect(
                try await failure(S3Upload(file: "none", to: "s3://bucket/x", connection: "minio")).contains(
                    "there is no file"))
            #expect(
                try await failure(S3Upload(file: "none", to: "bucket/x", connection: "minio")).contains(
                    "write s3://bucket/key"))
            #expect(try await failure(S3List(bucket: "bucket", connection: "other")).contains("no connection other"))
            #expect(try await failure(S3Delete("s3://bucket/", connection: "minio")).contains("whole bucket"))
            #expect(
                try await failure(S3Download(from: "s3://bucket/no", to: "x", connection: "minio")).contains(
                    "no object s3://bucket/no"))
            #expect(
                try await failure(S3Copy(from: "s3://bucket/a/", to: "s3://bucket/a/b/", connection: "minio")).contains(
                    "lies below"))
        }
    }

    @Test func `a key cannot lead out of the folder`() async throws {
        try await S3Bench.with(.moto) { s3 async throws in
            try await s3.client().put([1], to: s3.place("in/../../../escape"))
            let bench = OperatorBench(
                folder: s3.folder, http: s3.http, loop: s3.loop, connections: [try s3.connection()])
            let outcome = try await bench.run(S3Download(from: "s3://bucket/in/", to: "back", connection: "minio"))
            #expect(outcome.failure.contains("its key is no plain path"))
            #expect(outcome.cause == .final)
        }
    }

    @Test func `a sensor waits until the key is there`() async throws {
        try await OperatorBench.withS3 { bench, s3 async throws in
            try await s3.withFaults(#"{"when": "HEAD", "times": 5, "do": "slowdown"}"#) { s3, proxy async throws in
                var bench = bench
                bench.connections = [try s3.connection()]
                let context = try bench.context(
                    S3KeySensor("s3://bucket/ready \(.ds)", pokeInterval: .milliseconds(20), connection: "minio"))
                let attempt = Task { await BuiltInOperators.run(context) }
                // A look at the missing key ends with a look at the bucket.
                _ = try await proxy.line { $0.contains("done") && $0.contains("max-keys=1") }
                try await s3.client().put([1], to: s3.place("ready 2026-01-31"))
                #expect(await attempt.value == .success(output: [UInt8](#""s3:\/\/bucket\/ready 2026-01-31""#.utf8)))
            }
        }
    }

    @Test func `a sensor gives up in time, fails at once when it cannot succeed, and can be cancelled`() async throws {
        try await OperatorBench.withS3 { bench, _ async throws in
            func sensor(_ key: Template, softFail: Bool = false) -> S3KeySensor {
                S3KeySensor(
                    key, pokeInterval: .milliseconds(10), timeout: .milliseconds(50), softFail: softFail,
                    connection: "minio")
            }
            let late = try await bench.run(sensor("s3://bucket/never"))
            #expect(late.failure == "s3://bucket/never did not appear within 0.05 seconds")
            #expect(late.cause == .final)
            let soft = try await bench.run(sensor("s3://bucket/never/", softFail: true))
            #expect(soft == .skipped(reason: "s3://bucket/never/ did not appear within 0.05 seconds"))
            #expect(try await bench.run(sensor("s3://nowhere/never")).failure.contains("there is no bucket nowhere"))

            let rescheduled = try await bench.run(
                S3KeySensor("s3://bucket/never", pokeInterval: .seconds(90), mode: .reschedule, connection: "minio"))
            guard case .suspended(let suspension) = rescheduled else {
                Issue.record("\(rescheduled)")
                return
            }
            #expect(suspension.wait == .poke)
            #expect(suspension.until != nil)

            let context = try bench.context(S3KeySensor("s3://bucket/never", connection: "minio"))
            let attempt = Task { await BuiltInOperators.run(context) }
            attempt.cancel()
            #expect(await attempt.value.cause == .cancelled)
        }
    }

    @Test func `an upload in parts that is cancelled or fails leaves nothing at the server`() async throws {
        try await OperatorBench.withS3 { bench, s3 async throws in
            try bench.folder.write("work/big", noise(40 << 20))
            let up = S3Upload(file: "big", to: "s3://bucket/big", connection: "minio")
            for trouble in [
                #"{"when": "partNumber=3", "do": "hold"}"#,
                #"{"when": "partNumber=3", "do": "error:403:AccessDenied"}"#,
            ] {
                try await s3.withFaults(trouble) { s3, proxy async throws in
                    var bench = bench
                    bench.connections = [try s3.connection()]
                    let context = try bench.context(up)
                    let attempt = Task { await BuiltInOperators.run(context) }
                    if trouble.contains("hold") {
                        _ = try await proxy.line { $0.hasPrefix("request hold") }
                        attempt.cancel()
                        #expect(await attempt.value.cause == .cancelled)
                    } else {
                        #expect(await attempt.value.failure.contains("may not do this to s3://bucket/big"))
                    }
                    _ = try await proxy.line { $0.hasPrefix("done pass DELETE /bucket/big?uploadId=") }
                    #expect(try await s3.client().exists(s3.place("big")) == false)
                }
            }
        }
    }

    @Test func `an upload in parts goes on where a killed process left it`() async throws {
        try await OperatorBench.withS3 { bench, s3 async throws in
            let bytes = noise(48 << 20)
            try bench.folder.write("work/big", bytes)
            // The process that dies in the middle of part 5.
            try await s3.withFaults(#"{"when": "partNumber=5", "do": "hold"}"#) { s3, proxy async throws in
                let (endpoint, folder) = (s3.endpoint, bench.folder.path)
                let dying = Task {
                    await #expect(processExitsWith: .signal(SIGKILL)) {
                        [endpoint = endpoint as String, folder = folder as String] in
                        try await DyingUpload.run(endpoint, folder)
                    }
                }
                _ = try await proxy.line { $0.hasPrefix("request hold") }
                for part in [1, 2, 3, 4] {
                    _ = try await proxy.line { $0.hasPrefix("done pass PUT") && $0.contains("partNumber=\(part)&") }
                }
                try Data().write(to: URL(filePath: "\(folder)/die"))
                _ = await dying.value
                #expect(try await s3.client().exists(s3.place("big")) == false)

                var bench = bench
                bench.connections = [try s3.connection()]
                let before = proxy.output.count
                let up = S3Upload(file: "big", to: "s3://bucket/big", connection: "minio")
                #expect(try await bench.value(String.self, of: up) == "s3://bucket/big")
                let requests = proxy.output.dropFirst(before).filter { $0.hasPrefix("request") }
                #expect(!requests.contains { $0.contains("?uploads=") }, "a new upload was begun: \(requests)")
                #expect(requests.filter { $0.contains(" PUT ") }.count <= 2, "\(requests)")
            }
            _ = try await s3.client().download(s3.place("big"), to: "\(bench.folder.path)/back")
            #expect(try bench.folder.bytes("back") == bytes)
        }
    }
}
