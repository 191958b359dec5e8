internal import CGit

/// The files of one git tree, checked against the rules of a bundle.
struct GitTreeWalk {
    let items: [TreeCensus.Item]
    private let repository: GitObject
    private let blobs: [String: git_oid]

    init(_ repository: GitObject, _ tree: GitObject, limits: BundleLimits) throws(BundleError) {
        var collector = Collector(repository: repository, census: TreeCensus(limits: limits))
        try collector.add(tree, at: "", depth: 0)
        self.repository = repository
        items = try collector.census.items()
        blobs = collector.blobs
    }

    /// Writes the content of one file.
    func write(_ item: TreeCensus.Item, to path: String) throws(BundleError) {
        guard var id = blobs[item.source] else { throw BundleError(.local, "\(shown(item.source)) has no content") }
        let blob = try GitObject("reading \(item.source)", releasedBy: git_blob_free) {
            git_blob_lookup($0, repository.pointer, &id)
        }
        let bytes = UnsafeRawBufferPointer(
            start: git_blob_rawcontent(blob.pointer), count: Int(git_blob_rawsize(blob.pointer)))
        try Disk.write(bytes, to: path, mode: item.file.isExecutable ? 0o555 : 0o444)
    }
}

private struct Collector {
    let repository: GitObject
    var census: TreeCensus
    var blobs: [String: git_oid] = [:]

    mutating func add(_ tree: GitObject, at folder: String, depth: Int) throws(BundleError) {
        for index in 0..<git_tree_entrycount(tree.pointer) {
            guard let entry = git_tree_entry_byindex(tree.pointer, index), let name = git_tree_entry_name(entry) else {
                continue
            }
            // A slash inside a name would be a way out of the folder.
            let safeName = String(cString: name).split(separator: "/", omittingEmptySubsequences: false).joined(
                separator: "\u{0}")
            try add(entry, at: folder.isEmpty ? safeName : folder + "/" + safeName, depth: depth)
        }
    }

    private mutating func add(_ entry: OpaquePointer, at path: String, depth: Int) throws(BundleError) {
        let id = git_tree_entry_id(entry).pointee
        switch git_tree_entry_filemode(entry) {
        case GIT_FILEMODE_TREE:
            try census.addFolder(path, depth: depth)
            try add(try object(entry, path), at: path, depth: depth + 1)
        case GIT_FILEMODE_COMMIT: throw TreeCensus.refusal(submodule: path)
        case GIT_FILEMODE_LINK:
            let blob = try object(entry, path)
            let size = min(Int(git_blob_rawsize(blob.pointer)), 4096)
            let bytes = UnsafeRawBufferPointer(start: git_blob_rawcontent(blob.pointer), count: size)
            try census.addLink(path, target: String(decoding: bytes, as: UTF8.self))
        case let mode:
            try census.addFile(path, isExecutable: mode == GIT_FILEMODE_BLOB_EXECUTABLE, size: try size(of: id, path))
            blobs[path] = id
        }
    }

    private func object(_ entry: OpaquePointer, _ path: String) throws(BundleError) -> GitObject {
        try GitObject("reading \(shown(path))", releasedBy: git_object_free) {
            git_tree_entry_to_object($0, repository.pointer, entry)
        }
    }

    private func size(of id: git_oid, _ path: String) throws(BundleError) -> Int64 {
        let store = try GitObject("opening the objects", releasedBy: git_odb_free) {
            git_repository_odb($0, repository.pointer)
        }
        var id = id, size = 0, type = GIT_OBJECT_ANY
        try check(git_odb_read_header(&size, &type, store.pointer, &id), "reading \(shown(path))")
        return Int64(size)
    }
}
