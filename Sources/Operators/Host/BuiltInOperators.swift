internal import DAGKit
internal import DAGModel
internal import FoundationEssentials
package import WorkerProtocol

/// All operators that run in the operator host.
package enum BuiltInOperators {
    private static let runners: [String: any OperatorRunner.Type] = {
        let all: [any OperatorRunner.Type] = [
            Shell.self, Python<JSONValue>.self, Train<JSONValue>.self, S3List.self, S3Upload.self, S3Download.self,
            S3Copy.self, S3Delete.self, S3KeySensor.self, AskApproval.self,
            AskPeople<JSONValue>.self,
        ]
        return Dictionary(uniqueKeysWithValues: all.map { ($0.operatorType, $0) })
    }()

    /// The names that documents use, sorted.
    package static var types: [String] { runners.keys.sorted() }

    /// Runs the operator of the context's attempt: renders its templates, performs it, and says how it ended. Never throws: an
    /// operator that was cancelled ends as `failed(.cancelled)`.
    package static func run(_ context: any OperatorContext) async -> AttemptOutcome {
        do {
            guard case .builtIn(let type, let fields) = context.spec.work else {
                throw FailTask("this attempt is author code, and was sent to the operator host")
            }
            guard let runner = runners[type] else {
                throw FailTask(
                    "this worker knows no operator \"\(type)\": run the scheduler and its workers on one release")
            }
            let rendered = try await rendered(fields, context)
            return .success(output: try await runner.perform(rendered, context))
        } catch {
            return AttemptOutcome(ofOperatorThrowing: error)
        }
    }

    /// The fields of an operator with every template filled in.
    static func rendered(_ fields: [UInt8], _ context: any OperatorContext) async throws -> JSONValue {
        let spec = context.spec
        do {
            let params = spec.params.isEmpty ? .null : try JSONDecoder().decode(JSONValue.self, from: Data(spec.params))
            let fields = try JSONDecoder().decode(JSONValue.self, from: Data(fields))
            var outputs: [String: JSONValue] = [:]
            for input in spec.inputs { outputs[input.task] = try await context.output(of: input.task) }
            return try fields.rendered(
                TemplateValues(variables: spec.templateVariables, params: params, outputs: outputs))
        } catch let error as TemplateError {
            throw FailTask(error.description)
        }
    }
}

extension AttemptOutcome {
    /// The outcome of an operator that threw.
    package init(ofOperatorThrowing error: any Error) {
        switch error {
        case let suspend as Suspend: self = AttemptOutcome(suspend)
        case let skip as SkipTask: self = .skipped(reason: skip.reason)
        case let fail as FailTask: self = .failed(AttemptFailure(.final, fail.reason))
        case is CancellationError: self = .failed(AttemptFailure(.cancelled, "the attempt was stopped"))
        case let error as OperatorError: self = .failed(AttemptFailure(error))
        default: self = .failed(AttemptFailure(.task, "\(error)", errorType: String(describing: type(of: error))))
        }
    }
}

extension AttemptFailure {
    fileprivate init(_ error: OperatorError) {
        switch error.exit {
        case .exited(let code)?: self.init(.task, error.description, exitCode: code)
        case .signalled(let signal)?: self.init(.task, error.description, signal: signal)
        case nil: self.init(.task, error.description)
        }
    }
}
