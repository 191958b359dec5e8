import DAGKit
import DAGModel
import Foundation
import HTTPClient
@testable import Operators
import Supervision
import TestServers
import WorkerProtocol

/// Runs operators as the operator host does: encoded, rendered, decoded and performed, without a worker.
struct OperatorBench: Sendable {
    let folder: TestFolder
    let http: HTTPSession
    let loop: EventLoop
    var connections: [TaskConnection] = []

    /// Without any server.
    static func with(_ body: (OperatorBench) async throws -> Void) async throws {
        let loop = try EventLoop(name: "test-operators")
        defer { loop.stop() }
        try await body(OperatorBench(folder: try TestFolder(), http: try await HTTPSession(on: loop), loop: loop))
    }

    /// With an S3 server behind the connection `minio`.
    static func withS3(_ body: (OperatorBench, S3Bench) async throws -> Void) async throws {
        try await S3Bench.with { s3 in
            try await body(
                OperatorBench(folder: s3.folder, http: s3.http, loop: s3.loop, connections: [try s3.connection()]), s3)
        }
    }

    func context<Built: BuiltInOperator>(
        _ operation: Built, outputs: [String: JSONValue] = [:], params: String = "{}", tryNumber: Int = 1
    ) throws -> LocalContext {
        try LocalContext(
            operation, type: Built.operatorType, folder: folder, http: http, loop: loop, connections: connections,
            outputs: outputs, params: params, tryNumber: tryNumber)
    }

    func run(_ operation: some BuiltInOperator, outputs: [String: JSONValue] = [:]) async throws -> AttemptOutcome {
        await BuiltInOperators.run(try context(operation, outputs: outputs))
    }

    /// The value that an operator leaves; anything but success is an error.
    func value<Value: Decodable>(_ type: Value.Type, of operation: some BuiltInOperator) async throws -> Value {
        try await Self.value(type, try context(operation))
    }

    static func value<Value: Decodable>(_ type: Value.Type, _ context: LocalContext) async throws -> Value {
        switch await BuiltInOperators.run(context) {
        case .success(let output): return try JSONDecoder().decode(type, from: Data(output))
        case let outcome: throw ServerFailure(description: "\(outcome); log: \(context.lines) \(context.printed)")
        }
    }
}

extension AttemptOutcome {
    /// The message of a failure, or nothing.
    var failure: String { if case .failed(let failure) = self { failure.message } else { "" } }
    var cause: AttemptFailure.Cause? { if case .failed(let failure) = self { failure.cause } else { nil } }
}
