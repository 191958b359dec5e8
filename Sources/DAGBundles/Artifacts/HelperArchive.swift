internal import Foundation

/// The helper files of a bundle in the form that workers unpack.
package enum HelperArchive {
    /// Packs the files that a list names.
    ///
    /// - Parameter list: the list's id; see ``HelperFiles``.
    /// - Returns: A tar archive, the same bytes for the same files; nil when there is no file.
    package static func pack(_ list: String, from store: any ArtifactStore) async throws -> [UInt8]? {
        guard let bytes = try await store.get(list) else { return nil }
        let helpers = try JSONDecoder().decode(HelperFiles.self, from: Data(bytes))
        guard !helpers.files.isEmpty else { return nil }
        var archive = TarWriter()
        for file in helpers.files.sorted(by: { $0.path < $1.path }) {
            guard let content = try await store.get(file.sha256) else {
                throw BundleError(.local, "the helper file \(file.path) is no longer in the artifact store")
            }
            try archive.add(file.path, content, isExecutable: file.isExecutable)
        }
        return archive.finished()
    }
}
