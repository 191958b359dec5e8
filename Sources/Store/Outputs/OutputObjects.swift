/// Where an output is kept outside of the database.
package struct OutputPlace: Sendable, Hashable {
    /// `s3://bucket/prefix/…`
    package var uri: String
    /// The id of the connection that opens it.
    package var connection: String

    package init(uri: String, connection: String) {
        self.uri = uri
        self.connection = connection
    }
}

/// A store of objects for outputs, such as S3.
package protocol OutputObjects: Sendable {
    /// Stores bytes, whole or not at all.
    func put(_ bytes: [UInt8], at place: OutputPlace) async throws
    /// The bytes, or some of them; nil when there is no such object.
    func get(_ place: OutputPlace, _ range: Range<Int>?) async throws -> [UInt8]?
    /// Removes an object; one that is not there is fine.
    func remove(_ place: OutputPlace) async throws
}
