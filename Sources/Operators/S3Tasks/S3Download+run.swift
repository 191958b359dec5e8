internal import DAGKit
internal import DAGModel
internal import HTTPClient

extension S3Download: OperatorRunner {
    func run(_ context: any OperatorContext) async throws -> String {
        let source = try S3Location(from.text)
        let client = try await context.s3(connection)
        if source.isPrefix { return try await downloadAll(source, client, context) }
        var path = context.path(to.text)
        if path.hasSuffix("/") { path += WorkFiles.name(of: source.key) }
        try await context.download(source, to: path, with: client)
        return path
    }

    private func downloadAll(
        _ source: S3Location, _ client: S3Client, _ context: any OperatorContext
    ) async throws -> String {
        let folder = context.path(to.text)
        try await BlockingWork.run { try WorkFiles.makeFolder(folder) }
        // Keys that end with a slash are what some tools leave to show a folder.
        let names = try await client.list(source).map { String($0.key.dropFirst(source.key.count)) }
            .filter { !$0.isEmpty && !$0.hasSuffix("/") }
        if let name = names.first(where: { !WorkFiles.isInside($0) }) {
            throw FailTask("\(source.appending(name)) cannot become a file below \(folder): its key is no plain path")
        }
        _ = try await inParallel(names, limit: 4) {
            try await context.download(source.appending($0), to: "\(folder)/\($0)", with: client)
        }
        context.log("\(names.count) files downloaded")
        return folder
    }
}

extension OperatorContext {
    fileprivate func download(_ place: S3Location, to path: String, with client: S3Client) async throws {
        try await BlockingWork.run { try WorkFiles.makeFolder(for: path) }
        let done = try await client.download(place, to: path)
        log("\(place) -> \(path) (\(done.size) bytes, SHA-256 \(done.sha256))")
    }
}
