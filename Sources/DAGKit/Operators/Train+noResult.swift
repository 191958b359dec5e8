public import DAGModel

extension Train where Result == NoResult {
    /// A script that leaves no result of its own.
    public init(
        _ script: Template, arguments: [Template] = [], params: [String: Template] = [:], env: [String: Template] = [:],
        interpreter: Template? = nil, cwd: Template? = nil, to: Template? = nil, checkpoints: Template? = nil,
        connection: String = "aws_default"
    ) {
        self.init(
            script, arguments: arguments, params: params, env: env, interpreter: interpreter, cwd: cwd, to: to,
            checkpoints: checkpoints, connection: connection, returning: NoResult.self)
    }

    /// A script that leaves no result of its own, with the parameters as a value.
    @_disfavoredOverload
    public init(
        _ script: Template, arguments: [Template] = [], params: some Encodable, env: [String: Template] = [:],
        interpreter: Template? = nil, cwd: Template? = nil, to: Template? = nil, checkpoints: Template? = nil,
        connection: String = "aws_default"
    ) {
        self.init(
            script, arguments: arguments, params: params, env: env, interpreter: interpreter, cwd: cwd, to: to,
            checkpoints: checkpoints, connection: connection, returning: NoResult.self)
    }

    /// A program that leaves no result of its own.
    public init(
        program: [Template], params: [String: Template] = [:], env: [String: Template] = [:], cwd: Template? = nil,
        to: Template? = nil, checkpoints: Template? = nil, connection: String = "aws_default"
    ) {
        self.init(
            program: program, params: params, env: env, cwd: cwd, to: to, checkpoints: checkpoints,
            connection: connection, returning: NoResult.self)
    }
}
