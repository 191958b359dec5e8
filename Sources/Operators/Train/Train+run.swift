internal import DAGKit
internal import DAGModel
internal import HTTPClient
internal import Synchronization

/// The worker does not know the author's type: it passes the result on as the JSON that it is.
extension Train: OperatorRunner where Result == JSONValue {
    func run(_ context: any OperatorContext) async throws -> TrainResult<JSONValue> {
        let name = script?.text ?? program.first?.text ?? "the program"
        let client = uses.isEmpty ? nil : try await context.s3(connection)
        let folders = try await TrainingFolders(context)
        let keeper = try checkpoints.flatMap { place in
            try client.map { CheckpointKeeper(folders.checkpoints, try S3Location(place.text), $0, context) }
        }
        let target = try to.map { try S3Location($0.text) }
        let result = ResultFile(path: "\(context.attemptFolder)/result.json", schema: resultSchema)
        let program = try await prepared(folders, result, context)

        try await keeper?.restore()
        let metrics = LastMetrics()
        let output = OutputLines { line in
            guard let report = TrainingReport(line) else { return }
            metrics.note(report)
            context.progress(report.json)
        }
        try await CheckpointKeeper.keeping(keeper) {
            try await program.runToSuccess(context, output)
            _ = output.finish()
        }
        let value = try await result.read(of: name)
        let artifacts = try await folders.publish(to: target, client, context)
        return TrainResult(
            result: value, metrics: metrics.values, artifacts: artifacts,
            artifactsURI: target.map { $0.isPrefix ? "\($0)" : "\($0)/" } ?? "\(folders.artifacts)/")
    }

    private func prepared(
        _ folders: TrainingFolders, _ result: ResultFile, _ context: any OperatorContext
    ) async throws -> ProgramTask {
        var command = program.map(\.text)
        if let script { command = try await context.scriptCommand(script.text, interpreter: interpreter?.text) }
        guard !command.isEmpty else { throw FailTask("a Train task needs a script or a program") }
        var program = try await ProgramTask(command + arguments.map(\.text), env: env, cwd: cwd, context)
        let parameters = TrainingParameters(fixed: values, rendered: params.mapValues(\.text))
        let file = "\(context.attemptFolder)/params.json"
        try await BlockingWork.run {
            let params = try OpenFile(writing: file)
            try params.truncate(to: 0)
            try params.write([UInt8](parameters.json.utf8), at: 0)
        }
        program.environment.merge(parameters.environment) { $1 }
        program.environment["SLIPSTREAM_PARAMS"] = file
        program.environment["SLIPSTREAM_RESULT"] = result.path
        program.environment["SLIPSTREAM_ARTIFACTS"] = folders.artifacts
        program.environment["SLIPSTREAM_CHECKPOINTS"] = folders.checkpoints
        return program
    }
}

/// The last value of each metric.
private final class LastMetrics: Sendable {
    private let last = Mutex<[String: Double]>([:])

    func note(_ report: TrainingReport) {
        if case .metric(let name, let value, _) = report { last.withLock { $0[name] = value } }
    }

    var values: [String: Double] { last.withLock { $0 } }
}
