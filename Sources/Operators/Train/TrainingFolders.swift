internal import DAGKit
internal import HTTPClient

/// Where a training program leaves its files: in the run's work folder, in a place of its task instance.
struct TrainingFolders: Sendable {
    /// Empty at the start of each attempt.
    let artifacts: String
    /// Kept from one attempt to the next.
    let checkpoints: String

    init(_ context: any OperatorContext) async throws {
        let folder = "\(context.workFolder)/.train/\(context.instanceName)"
        let folders = (artifacts: "\(folder)/artifacts", checkpoints: "\(folder)/checkpoints")
        try await BlockingWork.run {
            try WorkFiles.remove(folders.artifacts)
            try WorkFiles.makeFolder(folders.artifacts)
            try WorkFiles.makeFolder(folders.checkpoints)
        }
        artifacts = folders.artifacts
        checkpoints = folders.checkpoints
    }

    /// Uploads the artifacts, or, without a target, only says what they are.
    func publish(
        to target: S3Location?, _ client: S3Client?, _ context: any OperatorContext
    ) async throws -> [Artifact] {
        let names = try await BlockingWork.run { [artifacts] in try WorkFiles.files(below: artifacts) }
        return try await inParallel(names, limit: 4) { name in
            let path = "\(artifacts)/\(name)"
            guard let target, let client else { return try await Self.local(name, path) }
            let place = target.appending(name)
            let done = try await context.upload(path, to: place, with: client)
            return Artifact(name: name, uri: place.description, sha256: done.sha256, bytes: done.size)
        }
    }

    private static func local(_ name: String, _ path: String) async throws -> Artifact {
        try await BlockingWork.run {
            guard case .file(let size) = try FileKind(path) else {
                throw OperatorError("the artifact \(path) vanished while it was read")
            }
            return Artifact(name: name, uri: path, sha256: try ContentDigest.sha256(ofFile: path), bytes: size)
        }
    }
}
