internal import DAGKit
internal import DAGModel

extension S3Copy: OperatorRunner {
    func run(_ context: any OperatorContext) async throws -> String {
        let source = try S3Location(from.text)
        let target = try S3Location(to.text)
        let client = try await context.s3(connection)
        guard source.isPrefix else {
            let place = target.target(named: WorkFiles.name(of: source.key))
            try await client.copy(source, to: place)
            context.log("\(source) -> \(place)")
            return place.description
        }
        guard !target.bucket.isEmpty, source.bucket != target.bucket || !target.key.hasPrefix(source.key) else {
            throw FailTask("\(target) lies below \(source): the copies would be copied again at the next run")
        }
        let keys = try await client.list(source).map(\.key)
        _ = try await inParallel(keys, limit: 8) { key in
            try await client.copy(
                S3Location(bucket: source.bucket, key: key),
                to: target.appending(String(key.dropFirst(source.key.count))))
        }
        context.log("\(source) -> \(target): \(keys.count) objects")
        return target.description
    }
}
