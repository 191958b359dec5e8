public import DAGModel

/// The result of a program that leaves none.
public struct NoResult: Codable, Sendable, Hashable {
    public init() {}
}

/// Runs a Python script of the bundle in a process of its own.
///
/// A script with a result writes it, as JSON, to the file that the environment variable `SLIPSTREAM_RESULT` names:
///
/// ```swift
/// struct Score: Codable, Sendable { var auc: Double }
/// let score = task("evaluate", Python("jobs/evaluate.py", arguments: ["--model", "\(model)"], returning: Score.self))
/// ```
/// ```python
/// json.dump({"auc": 0.97}, open(os.environ["SLIPSTREAM_RESULT"], "w"))
/// ```
///
/// The exit code 0 is success, any other fails the task. The environment tells of the run what ``Shell``'s does.
public struct Python<Result: Codable & Sendable>: BuiltInOperator {
    public typealias Value = Result
    public static var operatorType: String { "python" }

    public var script: Template
    public var arguments: [Template]
    public var env: [String: Template]
    public var interpreter: Template?
    public var cwd: Template?
    /// What the script's result has to look like; nil for none.
    public var resultSchema: JSONValue?

    /// - Parameters:
    ///   - script: Relative to the root of the bundle.
    ///   - env: Added to the worker's environment. Defaults to nothing.
    ///   - interpreter: Defaults to the worker's `SLIPSTREAM_PYTHON`, or else to `python3`.
    ///   - cwd: Relative to the run's work folder. Defaults to the work folder itself.
    ///   - returning: The type of the result.
    public init(
        _ script: Template, arguments: [Template] = [], env: [String: Template] = [:], interpreter: Template? = nil,
        cwd: Template? = nil, returning: Result.Type = Result.self
    ) {
        self.script = script
        self.arguments = arguments
        self.env = env
        self.interpreter = interpreter
        self.cwd = cwd
        resultSchema = SchemaProbe.resultSchema(of: returning)
    }
}

extension Python where Result == NoResult {
    /// A script that leaves no result.
    public init(
        _ script: Template, arguments: [Template] = [], env: [String: Template] = [:], interpreter: Template? = nil,
        cwd: Template? = nil
    ) {
        self.init(
            script, arguments: arguments, env: env, interpreter: interpreter, cwd: cwd, returning: NoResult.self)
    }
}

extension SchemaProbe {
    /// Nil for ``NoResult``.
    static func resultSchema(of type: any Decodable.Type) -> JSONValue? {
        type == NoResult.self ? nil : schema(of: type)
    }
}
