internal import DAGKit
internal import DAGModel

extension Shell: OperatorRunner {
    func run(_ context: any OperatorContext) async throws -> String {
        let program = try await ProgramTask(["bash", "-c", command.text], env: env, cwd: cwd, context)
        let output = OutputLines()
        let code = try await program.run(context, output)
        if let skipOnExitCode, code == skipOnExitCode { throw SkipTask("the command ended with exit code \(code)") }
        guard code == 0 else { throw program.failure(code) }
        return output.finish()
    }
}
