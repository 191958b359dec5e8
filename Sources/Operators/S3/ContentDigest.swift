internal import Crypto
internal import FoundationEssentials
internal import HTTPClient

/// The digests of a body, made in one pass.
struct ContentDigest: Sendable, Hashable {
    /// 16 bytes.
    var md5: [UInt8]
    /// In hexadecimal digits.
    var sha256: String

    init(of bytes: [UInt8]) {
        md5 = Array(Insecure.MD5.hash(data: bytes))
        sha256 = SHA256.hash(data: bytes).hexadecimal
    }

    /// Reads a part of a file. May block.
    init(ofFile path: String, offset: Int64, length: Int64) throws {
        var md5 = Insecure.MD5()
        var sha256 = SHA256()
        try OpenFile.forEachChunk(of: path, offset: offset, length: length) {
            md5.update(data: $0)
            sha256.update(data: $0)
        }
        self.md5 = Array(md5.finalize())
        self.sha256 = sha256.finalize().hexadecimal
    }

    /// The SHA-256 of a whole file in hexadecimal digits. May block.
    static func sha256(ofFile path: String) throws -> String {
        var sha256 = SHA256()
        try OpenFile.forEachChunk(of: path, offset: 0, length: .max) { sha256.update(data: $0) }
        return sha256.finalize().hexadecimal
    }

    /// The MD5 of a whole file in hexadecimal digits. May block.
    static func md5(ofFile path: String) throws -> String {
        var md5 = Insecure.MD5()
        try OpenFile.forEachChunk(of: path, offset: 0, length: .max) { md5.update(data: $0) }
        return md5.finalize().hexadecimal
    }

    /// The MD5 as the `Content-MD5` header wants it.
    var contentMD5: String { Data(md5).base64EncodedString() }
}

extension OpenFile {
    fileprivate static func forEachChunk(
        of path: String, offset: Int64, length: Int64, _ body: ([UInt8]) -> Void
    ) throws {
        let file = try OpenFile(reading: path)
        var position: Int64 = 0
        while position < length {
            let chunk = try file.read(at: offset + position, count: Int(min(256 << 10, length - position)))
            if chunk.isEmpty { return }
            body(chunk)
            position += Int64(chunk.count)
        }
    }
}
