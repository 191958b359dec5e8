import Foundation
import Testing

@testable import DAGBundles

/// Measures, in this build, what a change of one file of many and a restart cost. Nothing is asserted about times: they are printed.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["SLIPSTREAM_TEST_ALL"] == "1",
        "compiling many files takes minutes; set SLIPSTREAM_TEST_ALL=1"), .timeLimit(.minutes(40)))
struct BundleSpeedTests {
    /// `SLIPSTREAM_BENCH_FILES` is the number of DAG files. Defaults to 200.
    private static let count = ProcessInfo.processInfo.environment["SLIPSTREAM_BENCH_FILES"].flatMap { Int($0) } ?? 200

    @Test func `one changed file of many, and a restart`() async throws {
        let origin = try Origin()
        var files: [String: String] = ["jobs/train.py": "print(1)\n"]
        for index in 0..<Self.count { files["dag\(index).swift"] = BuildBench.dag("dag\(index)") }
        try origin.push(files)
        let bench = try await BuildBench()
        let first = try origin.repository()
        let tree = try await first.export(try await first.sync().commit)
        var fresh = Stopwatch("\(Self.count) new files")
        let initial = try await fresh.time("build") { try await bench.builder().build(tree) }
        #expect(initial.dags.count == Self.count, "\(initial.allErrors.prefix(3))")
        fresh.print()

        var restart = Stopwatch("restart with \(Self.count) unchanged files")
        let again = try await measureRestart(origin, bench, &restart, after: initial)
        #expect(again == initial)
        restart.print()

        try origin.push(["dag7.swift": BuildBench.dag("dag7", "task(\"second\") { _ in 2 }")])
        try await measureChange(origin, bench, after: initial)
    }

    private func measureRestart(
        _ origin: Origin, _ bench: BuildBench, _ watch: inout Stopwatch, after previous: BundleBuild
    ) async throws -> BundleBuild {
        let toolchain = try await watch.time("identity of the toolchain") {
            try Toolchain(
                modules: bench.toolchain.modules, library: bench.toolchain.library, runner: bench.toolchain.runner)
        }
        #expect(toolchain == bench.toolchain)
        _ = try await watch.time("check of the jail") { try await Jail(on: bench.loop) }
        let repository = try await watch.time("open the repository") { try origin.repository() }
        let commit = try await watch.time("fetch") { try await repository.sync().commit }
        let tree = try await watch.time("export (already there)") { try await repository.export(commit) }
        let builder = try await watch.time("open the caches") { try bench.builder() }
        return try await watch.time("build") { try await builder.build(tree, after: previous) }
    }

    private func measureChange(_ origin: Origin, _ bench: BuildBench, after previous: BundleBuild) async throws {
        let repository = try origin.repository()
        let builder = try bench.builder()
        var watch = Stopwatch("one changed file of \(Self.count)")
        let commit = try await watch.time("fetch") { try await repository.sync().commit }
        let tree = try await watch.time("export") { try await repository.export(commit) }
        let build = try await watch.time("build, first after a restart") {
            try await builder.build(tree, after: previous)
        }
        #expect(build.dags.count == Self.count)
        try origin.push(["dag8.swift": BuildBench.dag("dag8", "task(\"second\") { _ in 2 }")])
        let next = try await watch.time("fetch (2)") { try await repository.sync().commit }
        let newest = try await watch.time("export (2)") { try await repository.export(next) }
        _ = try await watch.time("build, while running") { try await builder.build(newest, after: build) }
        try await measureParts(newest, bench, &watch)
        watch.print()
    }

    /// The parts of a build, one after the other, of a file that is not known yet.
    private func measureParts(_ tree: BundleTree, _ bench: BuildBench, _ watch: inout Stopwatch) async throws {
        let sources = try await watch.time("  read and hash the sources") { try SourceFiles(tree) }
        let contents = try await watch.time("  scan the imports") {
            try BundleContents(tree.files) { (path) throws(BundleError) in SwiftScanner(sources.bytes[path] ?? []) }
        }
        let store = try FolderArtifactStore(bench.scratch.path + "/parts")
        _ = try await watch.time("  helper files") {
            try await HelperFiles(contents.helpers, in: tree.folder).store(from: tree.folder, into: store)
        }
        let headers = try HeaderCache(
            jail: bench.jail, toolchain: bench.toolchain, folder: bench.scratch.path + "/builder/headers")
        _ = try await watch.time("  precompiled headers (already there)") { try await headers.folder() }
        let compiler = Compiler(jail: bench.jail, toolchain: bench.toolchain, headers: headers, root: tree.folder)
        let unit = try #require(contents.units.first)
        guard
            case .compiled(let object) = try await watch.time(
                "  compile", { try await compiler.compile(unit, modules: []) })
        else { throw BundleError(.configuration, "the file does not compile") }
        try store.put("object", object)
        _ = try await watch.time("  describe twice") {
            try await Describer(jail: bench.jail, toolchain: bench.toolchain).describe(
                store.path("object"), of: unit.path)
        }
    }
}
