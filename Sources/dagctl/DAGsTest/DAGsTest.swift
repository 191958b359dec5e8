import ArgumentParser
import DAGBundles
import DAGModel
import Foundation
import Supervision
import Worker

/// `dagctl dags test`: runs a DAG in the terminal, without a server.
struct DAGsTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run a DAG from its file, in the terminal, without a server.",
        discussion: """
            Compiles the DAG files of the folder, runs the tasks of one DAG in order on this machine and shows their logs. Retries follow \
            at once. Connections come from --connections and from AIRFLOW_CONN_* variables.

            Example: dagctl dags test dags/gw_training.swift --param epochs=3
            Exit codes: 0 when the run succeeded, 1 when it failed or the file is no DAG, 2 for wrong usage.
            """)

    @Argument(help: "A DAG file, or the id of a DAG in the folder.")
    var dag: String

    @Option(
        help: "The folder with the DAG files. Defaults to the file's folder, or for an id to `dags` or the current one."
    )
    var folder: String?

    @Option(name: .customLong("param"), help: "A parameter, NAME=VALUE; the value is JSON or plain text.")
    var parameters: [String] = []

    @Option(help: "A file with connections, as `dagctl connections import` reads it.")
    var connections: String?

    @Option(help: "The logical date of the run. Defaults to now.")
    var logicalDate: String?

    @Option(help: "Tasks that run at once. Defaults to the number of processors.")
    var slots: Int?

    @Flag(name: .customLong("no-jail"), help: "Compile without a jail, where the system allows none.")
    var withoutJail = false

    func run() async throws {
        let loop = try EventLoop(name: "test")
        defer { loop.shutdown() }
        let found = try await FoundDAG(named: dag, in: folder, withoutJail: withoutJail, loop)
        let run = TestedRun(
            dag: found, params: try mergedParams(found.document.params),
            connections: try TestConnections(file: connections),
            date: try date(), slots: slots ?? ProcessInfo.processInfo.activeProcessorCount)
        guard try await run.run() == .success else { throw ExitCode.failure }
    }

    private func date() throws -> Instant {
        guard let logicalDate else { return Instant(microseconds: Int64(Date.now.timeIntervalSince1970 * 1e6)) }
        guard let instant = Instant(iso8601: logicalDate) else {
            throw ValidationError("--logical-date: must be a time as 2026-01-31T03:00:00Z, is \"\(logicalDate)\"")
        }
        return instant
    }

    private func mergedParams(_ document: ParamsDocument) throws -> JSONValue {
        var values = document.defaults
        for parameter in parameters {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--param: must be NAME=VALUE, is \"\(parameter)\"") }
            guard document.schema["properties"]?[parts[0]] != nil else {
                throw ValidationError("--param: the DAG has no parameter \(parts[0])")
            }
            var reader = JSONReader(parts[1])
            values[parts[0]] = reader.read() ?? .string(parts[1])
        }
        return .object(values)
    }
}
