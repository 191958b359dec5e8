import ArgumentParser
import DAGBundles
import DAGModel
import Foundation
import Supervision

/// A DAG compiled from a working copy, with what a worker needs to run it.
struct FoundDAG: Sendable {
    let document: DAGDocument
    let fingerprint: String
    let artifact: (hash: String, bytes: [UInt8])
    let files: (hash: String, bytes: [UInt8])?
    /// For caches and work files of tests.
    let scratch: String

    init(named name: String, in folder: String?, withoutJail: Bool, _ loop: EventLoop) async throws {
        let file = DataFolder.absolute(name)
        let isFile = FileManager.default.fileExists(atPath: file)
        let root = DataFolder.absolute(
            folder ?? (isFile ? (file as NSString).deletingLastPathComponent : Self.usualFolder))
        scratch = Self.cache + "/" + sha256(Array(root.utf8)).prefix(16)
        try DataFolder(path: scratch).create()
        let store = try FolderArtifactStore(scratch + "/store")
        let installation = Installation.current
        let builder = try BundleBuilder(
            jail: try await Jail(on: loop, noJail: withoutJail),
            toolchain: try Toolchain(
                modules: installation.modules, library: installation.library, runner: installation.runner),
            store: store, folder: scratch + "/build")
        let build = try await builder.build(try WorkingCopy(root, exports: scratch + "/copies").snapshot())
        let path = isFile ? String(file.dropFirst(root.count + 1)) : nil
        let unit = build.units.first {
            path == nil ? $0.dag?.id == name : $0.path == path || path?.hasPrefix($0.path + "/") == true
        }
        guard let dag = unit?.dag, let bytes = try store.get(dag.artifact) else {
            throw Self.missing(name, unit, build)
        }
        document = dag.description.document
        fingerprint = dag.description.fingerprint
        artifact = (sha256(bytes), bytes)
        files = try await HelperArchive.pack(dag.helpers, from: store).map { (sha256($0), $0) }
    }

    private static func missing(_ name: String, _ unit: UnitBuild?, _ build: BundleBuild) -> any Error {
        let errors = unit?.errors ?? build.allErrors
        guard errors.isEmpty else { return ServiceError(errors.map(\.description).joined(separator: "\n")) }
        let known = build.dags.map(\.id).sorted().joined(separator: ", ")
        return ServiceError("there is no DAG \(name); the folder has \(known.isEmpty ? "none" : known)")
    }

    private static var usualFolder: String { FileManager.default.fileExists(atPath: "dags") ? "dags" : "." }

    private static var cache: String {
        let environment = ProcessInfo.processInfo.environment
        let named = environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (named ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.cache") + "/slipstream/dags-test"
    }
}
