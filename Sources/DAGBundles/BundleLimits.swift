/// How much a bundle may hold.
package struct BundleLimits: Sendable, Hashable, Codable {
    /// Files in the exported tree. Defaults to 20,000.
    package var files: Int
    /// Bytes of all files of the exported tree together. Defaults to 512 MiB.
    package var bytes: Int64
    /// Bytes of one file. Defaults to 100 MiB.
    package var fileBytes: Int64
    /// Bytes that one fetch may transfer. Defaults to 2 GiB.
    package var fetchBytes: Int64

    package init(
        files: Int = 20_000, bytes: Int64 = 512 << 20, fileBytes: Int64 = 100 << 20, fetchBytes: Int64 = 2 << 30
    ) {
        self.files = files
        self.bytes = bytes
        self.fileBytes = fileBytes
        self.fetchBytes = fetchBytes
    }
}
