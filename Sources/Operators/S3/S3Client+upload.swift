internal import Crypto
internal import Glibc
internal import HTTPClient

extension S3Client {
    /// Uploads a file: in one request, or from 16 MiB on in parts, four at a time. The object appears whole and checked, or not at
    /// all. Its metadata `sha256` holds the digest of its content.
    ///
    /// - Parameter record: A file that remembers an upload in parts while it is under way, so that the same upload goes on where
    ///   it was when this process is killed. Without it such a remainder stays at the server.
    package func upload(
        _ path: String, to place: S3Location, contentType: String? = nil, record: String? = nil
    ) async throws -> S3Transferred {
        let size = try await BlockingWork.run { try OpenFile(reading: path).size() }
        if size >= 16 << 20 { return try await uploadParts(of: path, size, to: place, contentType, record) }
        let digest = try await BlockingWork.run { try ContentDigest(ofFile: path, offset: 0, length: size) }
        try await put(.file(path, offset: 0, length: size), digest, wholeSHA256: digest.sha256, to: place, contentType)
        return S3Transferred(size: size, sha256: digest.sha256)
    }

    private func uploadParts(
        of path: String, _ size: Int64, to place: S3Location, _ contentType: String?, _ record: String?
    ) async throws -> S3Transferred {
        let sha256 = try await BlockingWork.run { try ContentDigest.sha256(ofFile: path) }
        let identity = "\(settings.endpoint) \(place) \(sha256)"
        let parts = S3Parts(size: size)
        let (upload, have) = try await resumed(record, identity, place) ?? (nil, [:])
        let id: String
        if let upload {
            id = upload
        } else {
            id = try await createUpload(place, sha256: sha256, contentType: contentType)
        }
        UploadRecord(identity: identity, upload: id).write(to: record)
        try await abortingOnFailure(place, id) {
            let done = try await inParallel(parts.all, limit: 4) { part in
                if let etag = have[part.number], try await matches(etag, part, path) {
                    return S3DonePart(number: part.number, etag: etag)
                }
                return try await uploadPart(part, of: path, to: place, id)
            }
            try await completeUpload(place, id, done)
        }
        if let record { unlink(record) }
        return S3Transferred(size: size, sha256: sha256)
    }

    /// The upload that an earlier attempt began, and the tags of the parts that it sent. One of other content is thrown away.
    private func resumed(
        _ record: String?, _ identity: String, _ place: S3Location
    ) async throws -> (upload: String?, parts: [Int: String])? {
        guard let record, let earlier = UploadRecord(from: record) else { return nil }
        guard earlier.identity == identity else {
            if let former = earlier.place, former.bucket == place.bucket {
                try? await abortUpload(former, earlier.upload)
            }
            return nil
        }
        guard let parts = try await uploadedParts(place, earlier.upload) else { return nil }
        return (earlier.upload, Dictionary(parts.map { ($0.number, $0.etag.unquoted) }, uniquingKeysWith: { $1 }))
    }

    private func matches(_ etag: String, _ part: S3Parts.Part, _ path: String) async throws -> Bool {
        try await BlockingWork.run { try ContentDigest(ofFile: path, offset: part.offset, length: part.length) }
            .md5.hexadecimal == etag.lowercased()
    }
}

/// What remains on this machine of an upload in parts that is under way: two lines, what is uploaded where, and the upload's id.
private struct UploadRecord {
    /// Endpoint, place and SHA-256 of the content.
    var identity: String
    var upload: String

    init(identity: String, upload: String) {
        self.identity = identity
        self.upload = upload
    }

    init?(from path: String) {
        guard let bytes = try? OpenFile(reading: path).read(at: 0, count: 64 << 10) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.count == 2 else { return nil }
        self.init(identity: String(lines[0]), upload: String(lines[1]))
    }

    var place: S3Location? {
        identity.firstRange(of: " s3://").flatMap { range in
            let text = identity[identity.index(after: range.lowerBound)...]
            return text.lastIndex(of: " ").flatMap { try? S3Location(String(text[..<$0])) }
        }
    }

    /// Best effort: without the record an interrupted upload begins anew.
    func write(to path: String?) {
        guard let path, let file = try? OpenFile(writing: path) else { return }
        try? file.truncate(to: 0)
        try? file.write([UInt8]("\(identity)\n\(upload)\n".utf8), at: 0)
    }
}
