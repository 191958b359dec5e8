/// What a ``Train`` task leaves.
public struct TrainResult<Result: Codable & Sendable>: Codable, Sendable {
    /// The program's own result.
    public var result: Result
    /// The last value of each metric.
    public var metrics: [String: Double]
    public var artifacts: [Artifact]
    /// Where the artifacts are: the prefix `s3://bucket/prefix/`, or the path of a folder, with a slash at its end.
    public var artifactsURI: String

    public init(result: Result, metrics: [String: Double], artifacts: [Artifact], artifactsURI: String) {
        self.result = result
        self.metrics = metrics
        self.artifacts = artifacts
        self.artifactsURI = artifactsURI
    }

    /// The artifact of that name, its path below the artifacts' folder.
    public func artifact(_ name: String) -> Artifact? { artifacts.first { $0.name == name } }
}

/// A file that a training program has left.
public struct Artifact: Codable, Sendable, Hashable {
    /// The path below the artifacts' folder: `model.pkl`, `plots/roc.png`.
    public var name: String
    /// `s3://bucket/key`, or the path of a file.
    public var uri: String
    /// In hexadecimal digits.
    public var sha256: String
    /// The size in bytes.
    public var bytes: Int64

    public init(name: String, uri: String, sha256: String, bytes: Int64) {
        self.name = name
        self.uri = uri
        self.sha256 = sha256
        self.bytes = bytes
    }
}
