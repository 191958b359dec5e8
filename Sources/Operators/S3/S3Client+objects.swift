internal import DAGModel
internal import HTTPClient

/// What a server says about an object without its content.
package struct S3Head: Sendable, Hashable {
    /// In bytes.
    package var size: Int64
    /// Without its quotes.
    package var etag: String
    /// In hexadecimal digits, when the object was uploaded by us.
    package var sha256: String?
    /// Whether the ETag is the MD5 of the content.
    package var isTagDigest: Bool

    init(_ answer: HTTPResponse) {
        etag = answer.headers["ETag"]?.unquoted ?? ""
        size = answer.headers["Content-Length"].flatMap { Int64($0) } ?? 0
        sha256 = answer.headers[S3Client.sha256Header]
        let isEncrypted = answer.headers["x-amz-server-side-encryption"].map { $0.hasPrefix("aws:kms") } ?? false
        let isCustomerKey = answer.headers["x-amz-server-side-encryption-customer-algorithm"] != nil
        isTagDigest = etag.utf8.count == 32 && etag.allSatisfy(\.isHexDigit) && !isEncrypted && !isCustomerKey
    }
}

extension S3Client {
    /// The user metadata under which uploads keep the SHA-256 of the whole content.
    static let sha256Header = "x-amz-meta-sha256"

    /// - Throws: ``S3Error`` with `isNotFound` when there is no such object.
    package func head(_ place: S3Location) async throws -> S3Head {
        S3Head(try await send(S3Request(method: "HEAD", place: place)))
    }

    /// Whether the object exists. A missing bucket is an error.
    package func exists(_ place: S3Location) async throws -> Bool {
        do {
            _ = try await head(place)
            return true
        } catch let error as S3Error where error.status == 404 {
            // The answer to HEAD does not say what is missing.
            _ = try await isEmpty(place)
            return false
        }
    }

    /// The content of a small object, checked.
    package func get(_ place: S3Location, limit: Int = 16 << 20) async throws -> [UInt8] {
        try await retrying {
            let answer = try await sendOnce(S3Request(method: "GET", place: place), into: .memory(limit: limit))
            try S3Head(answer).check(ContentDigest(of: answer.body), place, "the server sent")
            return answer.body
        }
    }

    /// Bytes of an object, from the first of the range up to its end. They are not checked: the server's digests are of the whole object.
    package func get(_ place: S3Location, _ range: Range<Int>) async throws -> [UInt8] {
        guard !range.isEmpty else { return [] }
        let headers = [(name: "Range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)")]
        return try await retrying {
            try await sendOnce(
                S3Request(method: "GET", place: place, headers: headers), into: .memory(limit: range.count)
            ).body
        }
    }

    /// Stores bytes in one request. They replace an object of the same key at once, or not at all.
    package func put(_ bytes: [UInt8], to place: S3Location, contentType: String? = nil) async throws {
        let digest = ContentDigest(of: bytes)
        try await put(.bytes(bytes), digest, wholeSHA256: digest.sha256, to: place, contentType)
    }

    /// Stores a body in one request and checks what the server says that it stored.
    func put(
        _ body: HTTPBody, _ digest: ContentDigest, wholeSHA256: String, to place: S3Location, _ contentType: String?
    ) async throws {
        var headers = [(name: Self.sha256Header, value: wholeSHA256)]
        if let contentType { headers.append((name: "Content-Type", value: contentType)) }
        let request = S3Request(method: "PUT", place: place, headers: headers, body: body, digest: digest)
        try await retrying {
            try S3Head(try await sendOnce(request)).checkTag(digest.md5.hexadecimal, place, "the server stored")
        }
    }

    /// Makes a bucket; one that we own already is fine.
    package func createBucket(_ name: String) async throws {
        do {
            _ = try await send(S3Request(method: "PUT", place: S3Location(bucket: name, key: "")))
        } catch let error as S3Error where ["BucketAlreadyOwnedByYou", "BucketAlreadyExists"].contains(error.code) {}
    }
}

extension S3Head {
    /// Compares an object's digests with those of its content.
    ///
    /// - Throws: ``ChecksumMismatch``
    func check(_ digest: ContentDigest, _ place: S3Location, _ what: String) throws {
        try checkTag(digest.md5.hexadecimal, place, what)
        if let sha256 { try Self.compare(sha256, digest.sha256, "SHA-256", place, what) }
    }

    func checkTag(_ md5: String, _ place: S3Location, _ what: String) throws {
        if isTagDigest { try Self.compare(etag, md5, "MD5", place, what) }
    }

    static func compare(_ expected: String, _ found: String, _ name: String, _ place: S3Location, _ what: String) throws
    {
        guard expected.lowercased() != found else { return }
        throw ChecksumMismatch(
            description: "\(place): \(what) other bytes than expected: the \(name) is \(found), not \(expected)",
            isTransient: true)
    }
}
