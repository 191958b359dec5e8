internal import DAGKit
internal import DAGModel
internal import HTTPClient

extension S3Upload: OperatorRunner {
    func run(_ context: any OperatorContext) async throws -> String {
        let path = context.path(file.text)
        let target = try S3Location(to.text)
        let client = try await context.s3(connection)
        switch try await BlockingWork.run({ try FileKind(path) }) {
        case .file:
            let place = target.target(named: WorkFiles.name(of: path))
            try await context.upload(path, to: place, with: client)
            return place.description
        case .folder:
            let names = try await BlockingWork.run { try WorkFiles.files(below: path) }
            _ = try await inParallel(names, limit: 4) {
                try await context.upload("\(path)/\($0)", to: target.appending($0), with: client)
            }
            context.log("\(names.count) files uploaded")
            return target.description
        case .other: throw FailTask("\(path) is neither a file nor a folder: it cannot be uploaded")
        case .missing:
            throw OperatorError(
                "there is no file \(path) to upload: the task that makes it has to run on the same machine in the same run, "
                    + "or leave it in S3")
        }
    }
}

extension OperatorContext {
    /// Uploads one file, and goes on where an attempt before this one was killed.
    @discardableResult
    func upload(_ path: String, to place: S3Location, with client: S3Client) async throws -> S3Transferred {
        let records = "\(workFolder)/.uploads"
        let record = "\(records)/\(ContentDigest(of: Array(place.description.utf8)).sha256)"
        try await BlockingWork.run { try WorkFiles.makeFolder(records) }
        let done = try await client.upload(path, to: place, record: record)
        log("\(WorkFiles.name(of: path)) -> \(place) (\(done.size) bytes, SHA-256 \(done.sha256))")
        return done
    }
}
