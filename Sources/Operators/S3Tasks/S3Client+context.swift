internal import DAGKit
internal import WorkerProtocol

extension OperatorContext {
    /// A client for a connection of type `aws`.
    func s3(_ connection: String) async throws -> S3Client {
        S3Client(try S3Settings(try await self.connection(connection)), http: http)
    }

    /// The absolute path of a path that an author wrote.
    func path(_ path: String) -> String { WorkFiles.absolute(path, in: workFolder) }

    /// What names this task instance in file names: the same for all its attempts.
    var instanceName: String {
        let name = spec.mapIndex < 0 ? spec.taskID : "\(spec.taskID)-\(spec.mapIndex)"
        return String(name.map { $0 == "/" ? "_" : $0 })
    }
}

extension S3Location {
    /// An author's target: a key, or where it ends with a slash, the prefix to which `name` is added.
    func target(named name: String) -> S3Location { isPrefix ? appending(name) : self }

    /// Whether this stands for all objects below it.
    var isPrefix: Bool { key.isEmpty || key.hasSuffix("/") }
}
