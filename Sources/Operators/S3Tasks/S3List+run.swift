internal import DAGKit
internal import DAGModel

extension S3List: OperatorRunner {
    func run(_ context: any OperatorContext) async throws -> [String] {
        let prefix = S3Location(bucket: bucket.text, key: self.prefix.text)
        let keys = try await context.s3(connection).list(prefix).map(\.key)
        context.log("\(prefix): \(keys.count) \(keys.count == 1 ? "object" : "objects")")
        return keys
    }
}
