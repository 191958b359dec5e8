internal import DAGKit
internal import DAGModel
internal import Glibc
internal import HTTPClient
internal import WorkerProtocol

/// A program that an operator runs for its attempt: where, with which environment, and what its end means.
struct ProgramTask: Sendable {
    var arguments: [String]
    var environment: [String: String]
    var workingFolder: String

    init(_ arguments: [String], env: [String: Template], cwd: Template?, _ context: any OperatorContext) async throws {
        self.arguments = arguments
        environment = Self.environment(context)
        for (name, value) in env { environment[name] = value.text }
        let folder = cwd.map { context.path($0.text) } ?? context.workFolder
        workingFolder = folder
        if let name = env.keys.first(where: { $0.isEmpty || $0.contains("=") || $0.utf8.contains(0) }) {
            throw FailTask("\"\(name)\" is not a name for an environment variable")
        }
        guard try await BlockingWork.run({ try FileKind(folder) }) == .folder else {
            throw FailTask("there is no folder \(folder) to run in: correct cwd")
        }
    }

    /// Runs the program and gives its exit code.
    ///
    /// - Throws: ``OperatorError`` when a signal ended it.
    func run(_ context: any OperatorContext, _ output: OutputLines) async throws -> Int {
        let program = ProgramSpec(arguments, environment: environment, workingFolder: workingFolder)
        switch try await context.run(program, onOutput: output.take) {
        case .exited(let code): return code
        case .signalled(let signal) where signal == Int(SIGKILL):
            throw OperatorError(
                "\(name) was killed (signal 9): often because the machine or its container ran out of memory",
                exit: .signalled(signal))
        case .signalled(let signal):
            throw OperatorError(
                "\(name) was ended by signal \(signal) (\(String(cString: strsignal(CInt(signal)))))",
                exit: .signalled(signal))
        }
    }

    /// Runs the program; any exit code but 0 is an error.
    func runToSuccess(_ context: any OperatorContext, _ output: OutputLines) async throws {
        let code = try await run(context, output)
        guard code == 0 else { throw failure(code) }
    }

    func failure(_ code: Int) -> OperatorError {
        let hint =
            switch code {
            case 126: ": it may not be executed"
            case 127: ": a command was not found"
            default: "; its log tells more"
            }
        return OperatorError("\(name) ended with exit code \(code)\(hint)", exit: .exited(code: code))
    }

    private var name: String { arguments.first.map(WorkFiles.name) ?? "the program" }

    /// What every program may know of its run.
    private static func environment(_ context: any OperatorContext) -> [String: String] {
        let spec = context.spec
        var environment: [String: String] = [:]
        for prefix in ["SLIPSTREAM", "AIRFLOW_CTX"] {
            let run = prefix == "SLIPSTREAM" ? "RUN_ID" : "DAG_RUN_ID"
            environment["\(prefix)_DAG_ID"] = spec.dagID
            environment["\(prefix)_\(run)"] = spec.runID
            environment["\(prefix)_TASK_ID"] = spec.taskID
            environment["\(prefix)_TRY_NUMBER"] = String(spec.tryNumber)
            environment["\(prefix)_LOGICAL_DATE"] = spec.templateVariables[.logicalDate]
        }
        environment["SLIPSTREAM_MAP_INDEX"] = String(spec.mapIndex)
        environment["SLIPSTREAM_WORK"] = context.workFolder
        environment["SLIPSTREAM_FILES"] = context.filesFolder
        // What a script prints is wanted while it runs.
        environment["PYTHONUNBUFFERED"] = "1"
        return environment
    }
}

extension OperatorContext {
    /// The command that runs a script of the bundle.
    func scriptCommand(_ script: String, interpreter: String?) async throws -> [String] {
        guard let filesFolder else {
            throw FailTask("the bundle has no helper files, so there is no script \(script): add it to the repository")
        }
        guard WorkFiles.isInside(script) else {
            throw FailTask("the script \"\(script)\" has to be a path below the root of the bundle, as jobs/train.py")
        }
        let path = "\(filesFolder)/\(script)"
        guard case .file = try await BlockingWork.run({ try FileKind(path) }) else {
            throw FailTask("the bundle has no script \(script): check the path, which begins at the bundle's root")
        }
        let standard = getenv("SLIPSTREAM_PYTHON").map { String(cString: $0) }
        return [interpreter ?? standard.nonEmpty ?? "python3", path]
    }
}
