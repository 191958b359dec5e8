internal import DAGKit
internal import DAGModel

/// The worker does not know the author's type: it passes the result on as the JSON that it is.
extension Python: OperatorRunner where Result == JSONValue {
    func run(_ context: any OperatorContext) async throws -> JSONValue {
        let command = try await context.scriptCommand(script.text, interpreter: interpreter?.text)
        var program = try await ProgramTask(command + arguments.map(\.text), env: env, cwd: cwd, context)
        let result = ResultFile(path: "\(context.attemptFolder)/result.json", schema: resultSchema)
        program.environment["SLIPSTREAM_RESULT"] = result.path
        try await program.runToSuccess(context, OutputLines())
        return try await result.read(of: script.text)
    }
}
