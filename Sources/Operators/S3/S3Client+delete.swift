internal import HTTPClient

extension S3Client {
    /// Deletes one object; one that does not exist is fine.
    package func delete(_ place: S3Location) async throws {
        do {
            _ = try await send(S3Request(method: "DELETE", place: place))
        } catch let error as S3Error where error.isNotFound {}
    }

    /// Deletes many objects of a bucket, up to 1,000 in a request.
    ///
    /// - Throws: ``OperatorError`` that names the first object that could not be deleted, and how many.
    package func delete(_ keys: [String], in bucket: String) async throws {
        // XML cannot carry every character that a key may have.
        for key in keys where !key.isXML { try await delete(S3Location(bucket: bucket, key: key)) }
        let keys = keys.filter(\.isXML)
        for start in stride(from: 0, to: keys.count, by: 1_000) {
            try Task.checkCancellation()
            try await deleteBatch(keys[start..<min(start + 1_000, keys.count)], S3Location(bucket: bucket, key: ""))
        }
    }

    private func deleteBatch(_ keys: ArraySlice<String>, _ bucket: S3Location) async throws {
        let entries = keys.map { "<Object><Key>\($0.xmlEscaped)</Key></Object>" }.joined()
        let body = [UInt8]("<Delete><Quiet>true</Quiet>\(entries)</Delete>".utf8)
        let answer = try await send(
            S3Request(
                method: "POST", place: bucket, query: [("delete", "")], headers: [("Content-Type", "application/xml")],
                body: .bytes(body), digest: ContentDigest(of: body)))
        guard !answer.body.isEmpty else { return }
        let failures = (try answer.document(DeleteDocument.self, bucket).errors ?? []).filter { $0.code != "NoSuchKey" }
        guard let first = failures.first else { return }
        let key = S3Location(bucket: bucket.bucket, key: first.key ?? "")
        throw OperatorError(
            "\(failures.count) of \(keys.count) objects could not be deleted, the first is \(key): "
                + "\(first.message.nonEmpty ?? first.code.nonEmpty ?? "the server does not say why")")
    }
}

extension String {
    fileprivate var isXML: Bool {
        !unicodeScalars.contains {
            ($0.value < 0x20 && !"\t\n\r".unicodeScalars.contains($0)) || $0.value & 0xFFFE == 0xFFFE
        }
    }
}
