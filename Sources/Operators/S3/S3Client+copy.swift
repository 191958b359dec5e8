internal import HTTPClient

extension S3Client {
    /// Copies an object within the server; its bytes do not travel. Objects above 5 GiB, which no server copies at once, are
    /// copied part by part.
    package func copy(_ source: S3Location, to target: S3Location) async throws {
        let head = try await head(source)
        if head.size > 5 << 30 { return try await copyParts(of: source, head, to: target) }
        let answer = try await send(
            S3Request(
                method: "PUT", place: target,
                headers: [copySource(source), ("x-amz-copy-source-if-match", "\"\(head.etag)\"")],
                isSlow: true))
        // A copy that failed half-way is answered with 200 and an error as its body.
        if S3ErrorDocument(answer.body) != nil { throw S3Error(answer, target, settings, at: now()) }
        let copied = try await self.head(target)
        guard copied.size == head.size else {
            throw ChecksumMismatch(
                description: "\(target): the copy has \(copied.size) bytes, \(source) has \(head.size)",
                isTransient: true)
        }
    }

    private func copyParts(of source: S3Location, _ head: S3Head, to target: S3Location) async throws {
        let parts = S3Parts(size: head.size, smallest: 512 << 20)
        let upload = try await createUpload(target, sha256: head.sha256, contentType: nil)
        try await abortingOnFailure(target, upload) {
            let done = try await inParallel(parts.all, limit: 4) { part in
                let answer = try await send(
                    S3Request(
                        method: "PUT", place: target,
                        query: [("partNumber", "\(part.number)"), ("uploadId", upload)],
                        headers: [
                            copySource(source), ("x-amz-copy-source-if-match", "\"\(head.etag)\""),
                            ("x-amz-copy-source-range", "bytes=\(part.offset)-\(part.offset + part.length - 1)"),
                        ], isSlow: true))
                return S3DonePart(
                    number: part.number, etag: try answer.document(ResultDocument.self, target).etag?.unquoted ?? "")
            }
            try await completeUpload(target, upload, done)
        }
    }

    private func copySource(_ source: S3Location) -> (name: String, value: String) {
        ("x-amz-copy-source", "/\(S3Encoding.path(source.bucket))/\(S3Encoding.path(source.key))")
    }
}
