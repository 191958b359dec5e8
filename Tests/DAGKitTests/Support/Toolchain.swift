internal import DAGModel
internal import Foundation

/// What a program wrote and how it ended.
struct Finished: Sendable {
    let code: Int32
    let output: String
    let errors: String
}

/// Compiles DAG files as the server does and describes them with the real runner.
enum Toolchain {
    /// Where the build has put `slipstream-runner`, `libDAGKit.so` and the modules: beside the test program.
    static let buildFolder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    static let testFolder = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let repository = testFolder.deletingLastPathComponent().deletingLastPathComponent()

    /// Checks a DAG file without producing anything.
    static func typecheck(_ file: URL) async throws -> Finished {
        try await run("/usr/bin/env", ["swiftc", "-typecheck"] + flags(for: file) + [file.path])
    }

    /// Compiles a DAG file and has the runner describe it.
    static func describe(_ file: URL) async throws -> DAGDescription {
        let described = try await describing(file)
        guard described.code == 0 else { throw Failure(what: "describing \(file.path)", finished: described) }
        return try JSONDecoder().decode(DAGDescription.self, from: Data(described.output.utf8))
    }

    /// The same with the runner's own end, which may be a failure. `environment` is added to the runner's.
    static func describing(_ file: URL, environment: [String: String] = [:]) async throws -> Finished {
        try await compiling(file, to: "dag.so", ["-emit-library"]) { library in
            try await run(buildFolder + "/slipstream-runner", ["describe", library], environment: environment)
        }
    }

    /// Compiles a DAG file to a program and runs it.
    static func runningAlone(_ file: URL) async throws -> Finished {
        try await compiling(file, to: "dag", ["-emit-executable"]) { program in
            try await run(program, [], environment: ["LD_LIBRARY_PATH": buildFolder])
        }
    }

    private static func compiling(
        _ file: URL, to name: String, _ kind: [String], then use: (String) async throws -> Finished
    ) async throws -> Finished {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dagkit-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let product = folder.appending(path: name).path
        let arguments =
            ["swiftc"] + kind + ["-L", buildFolder, "-lDAGKit"] + flags(for: file) + [file.path, "-o", product]
        let compiled = try await run("/usr/bin/env", arguments)
        guard compiled.code == 0 else { throw Failure(what: "compiling \(file.path)", finished: compiled) }
        return try await use(product)
    }

    private static func flags(for file: URL) -> [String] {
        [
            "-parse-as-library", "-module-name", file.deletingPathExtension().lastPathComponent, "-swift-version", "6",
            "-I", buildFolder + "/Modules",
        ]
    }

    private static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> Finished {
        let folder = FileManager.default.temporaryDirectory.appending(path: "dagkit-run-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Files, not pipes: nobody has to read while the program runs.
        let paths = ["output", "errors"].map { folder.appending(path: $0) }
        for path in paths { _ = FileManager.default.createFile(atPath: path.path, contents: nil) }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: paths[0])
        process.standardError = try FileHandle(forWritingTo: paths[1])
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in done.resume() }
            do { try process.run() } catch { done.resume(throwing: error) }
        }
        let texts = try paths.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Finished(code: process.terminationStatus, output: texts[0], errors: texts[1])
    }
}

struct Failure: Error, CustomStringConvertible {
    let what: String
    let finished: Finished

    var description: String { "\(what) failed with code \(finished.code): \(finished.errors)" }
}

/// The names of the Swift files in a folder, sorted.
func swiftFiles(in folder: URL) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".swift") }.sorted()
}
