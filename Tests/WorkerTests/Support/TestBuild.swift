import DAGModel
import Foundation
import Testing

/// What the tests build once: compiled DAG files, beside the programs of this package.
enum TestBuild {
    /// The folder with the built programs.
    static let folder: URL = {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let beside = program.deletingLastPathComponent()
        if FileManager.default.fileExists(atPath: beside.appending(path: "worker-harness").path) { return beside }
        // `swift test` runs a helper of the toolchain that loads the tests as a library.
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: bundle).resolvingSymlinksInPath().deletingLastPathComponent()
    }()

    static var harness: String { folder.appending(path: "worker-harness").path }
    static var runner: String { folder.appending(path: "slipstream-runner").path }

    /// The DAG file of these tests: its bytes, and what it describes.
    static let dag: CompiledDAG = {
        do { return try CompiledDAG(fixture: "WorkerTest") } catch { fatalError("the DAG of the tests: \(error)") }
    }()
}

struct CompiledDAG: Sendable {
    let bytes: [UInt8]
    let hash: String
    let description: DAGDescription

    init(fixture: String) throws {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/\(fixture).swift")
        try self.init(source: String(contentsOf: source, encoding: .utf8), name: fixture)
    }

    init(source: String, name: String = "Test") throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "worker-dag-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "\(name).swift")
        try source.write(to: file, atomically: true, encoding: .utf8)
        let library = folder.appending(path: "\(name).so").path
        let build = TestBuild.folder.path
        _ = try Self.run(
            "swiftc",
            [
                "-parse-as-library", "-emit-library", "-O", "-module-name", name, "-swift-version", "6", "-o", library,
                file.path,
                "-I", "\(build)/Modules", "-L", build, "-lDAGKit",
            ])
        let described = try Self.run("\(build)/slipstream-runner", ["describe", library])
        bytes = Array(try Data(contentsOf: URL(fileURLWithPath: library)))
        hash = String(try Self.run("sha256sum", [library]).prefix(64))
        description = try JSONDecoder().decode(DAGDescription.self, from: Data(described.utf8))
    }

    static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BuildFailed(program: program, status: process.terminationStatus)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

struct BuildFailed: Error {
    let program: String
    let status: Int32
}
