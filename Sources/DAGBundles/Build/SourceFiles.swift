/// The Swift files of a tree, read once.
struct SourceFiles: Sendable {
    private(set) var bytes: [String: [UInt8]] = [:]
    private(set) var hashes: [String: String] = [:]

    init(_ tree: BundleTree) throws(BundleError) {
        for file in tree.files where file.path.hasSuffix(".swift") {
            let content = try Disk.read(tree.folder + "/" + file.path)
            bytes[file.path] = content
            hashes[file.path] = sha256(content)
        }
    }

    /// The hash of some files, their names, and other things that matter.
    func key(_ paths: [String], _ others: [String]) -> String {
        let lines = others + paths.map { "\($0) \(hashes[$0] ?? "")" }
        return sha256(Array(lines.joined(separator: "\n").utf8))
    }
}
