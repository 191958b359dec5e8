/// The parameters of a DAG's runs: a structure whose properties all have defaults.
///
/// ```swift
/// struct Params: DAGParams { var epochs = 20; var minimumSNR = 8.0 }
/// ```
///
/// Its JSON schema is derived from the properties and their defaults: runs are checked against it when they are triggered, and
/// what a run does not give has its default.
public protocol DAGParams: Codable, Sendable {
    init()
}

/// The parameters of a DAG that has none.
public struct NoParams: DAGParams {
    public init() {}
}
