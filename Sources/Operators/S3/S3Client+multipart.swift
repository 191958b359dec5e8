internal import HTTPClient

extension S3Client {
    /// Begins a multipart upload and gives its id.
    func createUpload(_ place: S3Location, sha256: String?, contentType: String?) async throws -> String {
        var headers: [(name: String, value: String)] = []
        if let sha256 { headers.append((name: Self.sha256Header, value: sha256)) }
        if let contentType { headers.append((name: "Content-Type", value: contentType)) }
        let answer = try await send(S3Request(method: "POST", place: place, query: [("uploads", "")], headers: headers))
        return try answer.document(UploadDocument.self, place).uploadID
    }

    /// Sends one part of a file and checks what the server says that it stored.
    func uploadPart(_ part: S3Parts.Part, of path: String, to place: S3Location, _ upload: String) async throws
        -> S3DonePart
    {
        let digest = try await BlockingWork.run {
            try ContentDigest(ofFile: path, offset: part.offset, length: part.length)
        }
        let request = S3Request(
            method: "PUT", place: place, query: [("partNumber", "\(part.number)"), ("uploadId", upload)],
            body: .file(path, offset: part.offset, length: part.length), digest: digest)
        return try await retrying {
            let head = S3Head(try await sendOnce(request))
            try head.checkTag(digest.md5.hexadecimal, place, "the server stored")
            return S3DonePart(number: part.number, etag: head.etag)
        }
    }

    /// Makes the object out of its parts: it appears whole, or not at all.
    func completeUpload(_ place: S3Location, _ upload: String, _ parts: [S3DonePart]) async throws {
        let entries = parts.map {
            "<Part><PartNumber>\($0.number)</PartNumber><ETag>&quot;\($0.etag.xmlEscaped)&quot;</ETag></Part>"
        }
        let body = [UInt8]("<CompleteMultipartUpload>\(entries.joined())</CompleteMultipartUpload>".utf8)
        let request = S3Request(
            method: "POST", place: place, query: [("uploadId", upload)], headers: [("Content-Type", "application/xml")],
            body: .bytes(body), digest: ContentDigest(of: body), isSlow: true)
        try await retrying {
            let answer = try await sendOnce(request)
            // The status is sent before the parts are put together, so that a failure has to be told in the body.
            if S3ErrorDocument(answer.body) != nil { throw S3Error(answer, place, settings, at: now()) }
        }
    }

    /// Throws away the parts of an upload; one that is gone is fine.
    package func abortUpload(_ place: S3Location, _ upload: String) async throws {
        do {
            _ = try await send(S3Request(method: "DELETE", place: place, query: [("uploadId", upload)]))
        } catch let error as S3Error where error.status == 404 {}
    }

    /// The parts that the server has of an upload; nil when it knows no such upload.
    func uploadedParts(_ place: S3Location, _ upload: String) async throws -> [PartsDocument.Part]? {
        var parts: [PartsDocument.Part] = []
        var marker: String?
        repeat {
            var query = [(name: "uploadId", value: upload)]
            if let marker { query.append((name: "part-number-marker", value: marker)) }
            do {
                let answer = try await send(S3Request(method: "GET", place: place, query: query))
                let page = try answer.document(PartsDocument.self, place)
                parts += page.parts ?? []
                marker = page.isTruncated == true ? page.nextMarker.nonEmpty : nil
            } catch let error as S3Error where error.status == 404 || error.status == 501 {
                return nil
            }
        } while marker != nil
        return parts
    }

    /// Runs `body`; when it fails or is cancelled, the upload's parts are thrown away before the error goes on.
    func abortingOnFailure(_ place: S3Location, _ upload: String, _ body: () async throws -> Void) async throws {
        do { try await body() } catch {
            // In a task of its own: the cancellation of this one must not reach it.
            let client = S3Client(
                settings, http: http, retry: RetryPolicy(attempts: 2), stall: min(stall, 10), now: now)
            await Task { try? await client.abortUpload(place, upload) }.value
            throw error
        }
    }
}
