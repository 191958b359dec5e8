import DAGModel
import Foundation
import Supervision
import Testing

@testable import DAGBundles

/// A working copy and all that builds it.
struct BuildBench {
    let scratch: Scratch
    let loop: EventLoop
    let jail: Jail
    let toolchain: Toolchain

    init() async throws {
        scratch = try Scratch()
        loop = try EventLoop(name: "build")
        jail = try await Jail(on: loop)
        let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
        toolchain = try Toolchain(
            modules: products + "/Modules", library: products + "/libDAGKit.so", runner: products + "/slipstream-runner"
        )
    }

    /// Precompiled headers take seconds to make; the tests share them.
    private static let headers = try? Scratch()

    /// A builder as after a restart: its folder, like the store, stays the same.
    func builder() throws -> BundleBuilder {
        let folder = scratch.path + "/builder"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if !scratch.exists("builder/headers"), let headers = Self.headers {
            try FileManager.default.createSymbolicLink(atPath: folder + "/headers", withDestinationPath: headers.path)
        }
        return try BundleBuilder(
            jail: jail, toolchain: toolchain, store: FolderArtifactStore(scratch.path + "/store"), folder: folder)
    }

    /// Builds after some files were written, or one was removed.
    func build(
        _ files: [String: String] = [:], removing removed: String? = nil, after previous: BundleBuild? = nil
    ) async throws -> BundleBuild {
        for (name, content) in files { try scratch.write("bundle/" + name, content) }
        if let removed { try FileManager.default.removeItem(atPath: scratch.path + "/bundle/" + removed) }
        return try await builder().build(snapshot(), after: previous)
    }

    func snapshot() throws -> BundleTree {
        try WorkingCopy(scratch.path + "/bundle", exports: scratch.path + "/exports").snapshot()
    }

    /// A DAG file with one task and, in `body()`, other statements.
    static func dag(_ id: String, _ statements: String = "", members: String = "") -> String {
        """
        import DAGKit
        \(members.contains("import") ? members : "")
        @main struct D: DAG {
            let id = "\(id)"
            \(members.contains("import") ? "" : members)
            func body() {
                task("first") { _ in 1 }
                \(statements)
            }
        }
        """
    }
}
