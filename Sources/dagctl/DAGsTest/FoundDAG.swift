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
        let root = folder ?? (isFile ? (file as NSString).deletingLastPathComponent : WorkingBuild.usualFolder)
        let working = try await WorkingBuild(root, withoutJail: withoutJail, loop)
        let (build, store) = (working.build, working.store)
        scratch = working.scratch
        let path = isFile ? String(file.dropFirst(working.root.count + 1)) : nil
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
}
