package import Foundation

/// A DAG file compiled against the DAGKit of this build, as the bundle builder compiles it, without its jail.
package struct CompiledDAG: Sendable {
    /// The bytes of the shared object.
    package let bytes: [UInt8]
    /// What `slipstream-runner describe` prints for it.
    package let description: Data

    package init(_ source: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "slipstream-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "dag.swift")
        let library = folder.appending(path: "dag.so")
        try Data(source.utf8).write(to: file)
        let build = BuildFolder.path
        _ = try Self.run(
            "swiftc",
            [
                "-emit-library", "-parse-as-library", "-module-name", "dag", "-swift-version", "6", "-I",
                "\(build)/Modules",
                "-L", build, "-lDAGKit", file.path, "-o", library.path,
            ])
        bytes = Array(try Data(contentsOf: library))
        description = try Self.run("\(build)/slipstream-runner", ["describe", library.path])
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CompilationFailed(program: program) }
        return data
    }
}

package struct CompilationFailed: Error {
    package let program: String
}

/// The folder that this build's programs and libraries lie in.
package enum BuildFolder {
    package static let path: String = {
        // The test runner lies beside the programs that it tests.
        let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(filePath: CommandLine.arguments.first ?? runner).deletingLastPathComponent().path
        let places = [beside, URL(filePath: runner).deletingLastPathComponent().path] + bundlePlaces
        return places.first { FileManager.default.fileExists(atPath: $0 + "/libDAGKit.so") } ?? beside
    }()

    private static var bundlePlaces: [String] {
        CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map {
            URL(filePath: $0).deletingLastPathComponent().path
        }
    }
}
