internal import DAGKit

/// A bucket and a key or prefix in it, written `s3://bucket/key`.
package struct S3Location: Sendable, Hashable, CustomStringConvertible {
    package var bucket: String
    /// Without the slash that parts it from the bucket; may be empty.
    package var key: String

    package init(bucket: String, key: String) {
        self.bucket = bucket
        self.key = key
    }

    /// Reads `s3://bucket/key`; `s3a://` and `s3n://` mean the same.
    ///
    /// - Throws: ``DAGKit/FailTask`` for anything else.
    package init(_ text: String) throws {
        let schemes = ["s3://", "s3a://", "s3n://"]
        guard let scheme = schemes.first(where: text.hasPrefix) else {
            throw FailTask("\"\(text)\" is not a place in S3: write s3://bucket/key")
        }
        let rest = text.dropFirst(scheme.count)
        bucket = String(rest.prefix { $0 != "/" })
        key = String(rest.dropFirst(bucket.count + 1))
        guard !bucket.isEmpty else { throw FailTask("\"\(text)\" names no bucket: write s3://bucket/key") }
    }

    package var description: String { "s3://\(bucket)/\(key)" }

    /// The place `name` below this one, as in a folder.
    package func appending(_ name: String) -> S3Location {
        S3Location(bucket: bucket, key: key.isEmpty || key.hasSuffix("/") ? key + name : "\(key)/\(name)")
    }
}
