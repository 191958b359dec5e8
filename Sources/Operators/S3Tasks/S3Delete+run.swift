internal import DAGKit
internal import DAGModel

extension S3Delete: OperatorRunner {
    func run(_ context: any OperatorContext) async throws -> Int {
        let places = try places.map { try S3Location($0.text) }
        if let bucket = places.first(where: { $0.key.isEmpty }) {
            throw FailTask(
                "\(bucket) is a whole bucket, and S3Delete deletes none: name objects, or a prefix that ends with a slash"
            )
        }
        let client = try await context.s3(connection)
        var keys: [String: [String]] = [:]
        for place in places {
            keys[place.bucket, default: []] += place.isPrefix ? try await client.list(place).map(\.key) : [place.key]
        }
        for (bucket, keys) in keys.sorted(by: { $0.key < $1.key }) {
            try await client.delete(keys, in: bucket)
            context.log("s3://\(bucket): \(keys.count) objects deleted")
        }
        return keys.values.map(\.count).reduce(0, +)
    }
}
