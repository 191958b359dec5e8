public import DAGModel
internal import FoundationEssentials

/// Runs a training program as a local process, follows its metrics, keeps its checkpoints and publishes its artifacts.
///
/// The program finds in its environment:
/// - `SLIPSTREAM_PARAMS`, a JSON file with the parameters, and each of them as `SLIPSTREAM_PARAM_<NAME>`, name in capitals;
/// - `SLIPSTREAM_ARTIFACTS`, an empty folder: what is in it at the end is uploaded;
/// - `SLIPSTREAM_CHECKPOINTS`, a folder that a retry of the same task instance finds as it was left;
/// - `SLIPSTREAM_RESULT`, the file to which it writes its result as JSON;
/// - what ``Shell`` tells of the run.
///
/// Each line on its standard output such as `{"metric": "loss", "value": 0.3, "step": 7}` is a metric, shown while it runs, and
/// `{"progress": "epoch 3", "fraction": 0.3}` says how far it is.
///
/// ```swift
/// let model = task(
///     "train",
///     Train("jobs/train.py", params: ["epochs": "\(param: \Params.epochs)"], to: "s3://models/gw/\(.runID)/",
///         connection: "minio", returning: Score.self),
///     retries: 2)
/// ```
public struct Train<Result: Codable & Sendable>: BuiltInOperator {
    public typealias Value = TrainResult<Result>
    public static var operatorType: String { "train" }

    /// A script of the bundle, run by the interpreter; nil when `program` says all.
    public var script: Template?
    public var program: [Template] = []
    public var arguments: [Template] = []
    /// Parameters that are known when the DAG is described: an object.
    public var values: JSONValue = .object([:])
    /// Parameters that the run fills in.
    public var params: [String: Template] = [:]
    public var env: [String: Template]
    public var interpreter: Template?
    public var cwd: Template?
    public var to: Template?
    public var checkpoints: Template?
    public var connection: String
    /// What the program's result has to look like; nil for none.
    public var resultSchema: JSONValue?

    /// - Parameters:
    ///   - script: A Python script, relative to the root of the bundle.
    ///   - params: Parameters by name. A text that is a JSON number, `true` or `false` once it is rendered is passed as such.
    ///   - env: Added to the worker's environment. Defaults to nothing.
    ///   - interpreter: Defaults to the worker's `SLIPSTREAM_PYTHON`, or else to `python3`.
    ///   - cwd: Relative to the run's work folder. Defaults to the work folder itself.
    ///   - to: The prefix in S3 under which the artifacts are kept. Without it they stay in the run's work folder.
    ///   - checkpoints: A prefix in S3 to which checkpoints are copied while the program runs, and from which a retry on another
    ///     machine gets them. Without it they are kept on the machine only.
    ///   - connection: The id of a connection of type `aws`. Defaults to `aws_default`.
    ///   - returning: The type of the result.
    public init(
        _ script: Template, arguments: [Template] = [], params: [String: Template] = [:], env: [String: Template] = [:],
        interpreter: Template? = nil, cwd: Template? = nil, to: Template? = nil, checkpoints: Template? = nil,
        connection: String = "aws_default", returning: Result.Type = Result.self
    ) {
        self.init(env, cwd, to, checkpoints, connection)
        self.script = script
        self.arguments = arguments
        self.params = params
        self.interpreter = interpreter
    }

    /// The same with the parameters as a value, whose coding keys are their names.
    @_disfavoredOverload
    public init(
        _ script: Template, arguments: [Template] = [], params: some Encodable, env: [String: Template] = [:],
        interpreter: Template? = nil, cwd: Template? = nil, to: Template? = nil, checkpoints: Template? = nil,
        connection: String = "aws_default", returning: Result.Type = Result.self
    ) {
        self.init(env, cwd, to, checkpoints, connection)
        self.script = script
        self.arguments = arguments
        self.values = describedValues(params)
        self.interpreter = interpreter
    }

    /// Any program, by path or by its name in `PATH`, with all its arguments.
    public init(
        program: [Template], params: [String: Template] = [:], env: [String: Template] = [:], cwd: Template? = nil,
        to: Template? = nil, checkpoints: Template? = nil, connection: String = "aws_default",
        returning: Result.Type = Result.self
    ) {
        self.init(env, cwd, to, checkpoints, connection)
        self.program = program
        self.params = params
    }

    private init(
        _ env: [String: Template], _ cwd: Template?, _ to: Template?, _ checkpoints: Template?, _ connection: String
    ) {
        self.env = env
        self.cwd = cwd
        self.to = to
        self.checkpoints = checkpoints
        self.connection = connection
        resultSchema = SchemaProbe.resultSchema(of: Result.self)
    }

    public var uses: [Use] { to == nil && checkpoints == nil ? [] : [.connection(connection)] }
}

private func describedValues(_ params: some Encodable) -> JSONValue {
    do {
        let value = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(params))
        if case .object = value { return value }
        preconditionFailure(
            "the params of a Train task have to be a value with named properties, not \(value.typeName)")
    } catch {
        preconditionFailure("the params of a Train task cannot be written as JSON: \(error)")
    }
}
