internal import Glibc
internal import HTTPClient
internal import Supervision

extension S3Client {
    /// Downloads an object to a file, which appears whole and checked, or not at all. What an interrupted try has left is used by
    /// the next one to the same path, if the object is still the same.
    ///
    /// Gives the size in bytes and the SHA-256.
    package func download(_ place: S3Location, to path: String) async throws -> S3Transferred {
        let head = try await head(place)
        let partial = S3PartialFile(of: path, etag: head.etag)
        let digest = try await retrying {
            try await fetch(place, head, to: partial.path)
            return try await checked(partial.path, head, place)
        }
        try await BlockingWork.run { try partial.complete(as: path) }
        return S3Transferred(size: head.size, sha256: digest.sha256)
    }

    /// Gets the bytes that the partial file does not have yet.
    private func fetch(_ place: S3Location, _ head: S3Head, to partial: String) async throws {
        let have = try await BlockingWork.run { try OpenFile(writing: partial).size() }
        if have == head.size, have > 0 { return }
        let begin = have < head.size ? have : 0
        var headers = [(name: "If-Match", value: "\"\(head.etag)\"")]
        if head.etag.isEmpty { headers = [] }
        if begin > 0 { headers.append((name: "Range", value: "bytes=\(begin)-")) }
        do {
            _ = try await sendOnce(
                S3Request(method: "GET", place: place, headers: headers), into: .file(partial, offset: begin))
        } catch let error as S3Error where error.status == 412 {
            throw ChecksumMismatch(
                description: "\(place) was replaced while it was downloaded: run the task again", isTransient: false)
        }
    }

    private func checked(_ partial: String, _ head: S3Head, _ place: S3Location) async throws -> ContentDigest {
        let digest = try await BlockingWork.run {
            try ContentDigest(ofFile: partial, offset: 0, length: .max, size: head.size, place)
        }
        do { try head.check(digest, place, "the server sent") } catch {
            unlink(partial)
            throw error
        }
        return digest
    }
}

/// How much was moved, and its SHA-256 in hexadecimal digits.
package struct S3Transferred: Sendable, Hashable {
    package var size: Int64
    package var sha256: String
}

/// A file that is being downloaded. Its name tells which version of the object is in it.
private struct S3PartialFile {
    let path: String

    init(of target: String, etag: String) {
        path = "\(target).\(etag.filter { $0.isLetter || $0.isNumber }.prefix(40)).part"
    }

    /// Gives the file its own name once its bytes are on the disk.
    func complete(as target: String) throws {
        try OpenFile(writing: path).sync()
        guard rename(path, target) == 0 else { throw SystemError("give the downloaded file the name \(target)") }
    }
}

extension ContentDigest {
    /// - Throws: ``ChecksumMismatch`` when the file is shorter or longer than `size`.
    fileprivate init(ofFile path: String, offset: Int64, length: Int64, size: Int64, _ place: S3Location) throws {
        let found = try OpenFile(reading: path).size()
        guard found == size else {
            throw ChecksumMismatch(
                description: "\(place): the server sent \(found) bytes instead of \(size)", isTransient: true)
        }
        try self.init(ofFile: path, offset: offset, length: length)
    }
}
