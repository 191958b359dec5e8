extension S3Client {
    /// All objects whose keys begin with the location's key, in the server's order (by UTF-8 bytes).
    package func list(_ prefix: S3Location) async throws -> [S3Object] {
        var objects: [S3Object] = []
        try await forEachPage(of: prefix) { objects += $0 }
        return objects
    }

    /// The same, a page of up to 1,000 objects at a time.
    package func forEachPage(of prefix: S3Location, _ body: ([S3Object]) async throws -> Void) async throws {
        let bucket = S3Location(bucket: prefix.bucket, key: "")
        var token: String?
        repeat {
            try Task.checkCancellation()
            var query = [(name: "list-type", value: "2"), (name: "encoding-type", value: "url")]
            if !prefix.key.isEmpty { query.append((name: "prefix", value: prefix.key)) }
            if let token { query.append((name: "continuation-token", value: token)) }
            let answer = try await send(S3Request(method: "GET", place: bucket, query: query))
            let page = try answer.document(ListDocument.self, bucket)
            try await body(page.objects)
            let next = page.isTruncated == true ? page.nextContinuationToken.nonEmpty : nil
            guard next == nil || next != token else {
                throw OperatorError("\(prefix): the server repeats the same page of its listing for ever")
            }
            token = next
        } while token != nil
    }

    /// Whether no object's key begins with the location's key.
    package func isEmpty(_ prefix: S3Location) async throws -> Bool {
        var query = [(name: "list-type", value: "2"), (name: "max-keys", value: "1")]
        if !prefix.key.isEmpty { query.append((name: "prefix", value: prefix.key)) }
        let bucket = S3Location(bucket: prefix.bucket, key: "")
        let answer = try await send(S3Request(method: "GET", place: bucket, query: query))
        return try answer.document(ListDocument.self, bucket).objects.isEmpty
    }
}
