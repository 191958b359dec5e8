import Foundation

/// A DAG file compiled against the DAGKit beside this program, with the description that it gives of itself.
struct CompiledDAG {
    let bytes: [UInt8]
    let description: Data

    init(_ source: String, in folder: String) throws {
        let file = folder + "/dag.swift", library = folder + "/dag.so"
        try Data(source.utf8).write(to: URL(filePath: file))
        _ = try output(
            of: "swiftc",
            [
                "-emit-library", "-parse-as-library", "-O", "-module-name", "dag", "-swift-version", "6",
                "-I", BuildFolder.file("Modules"), "-L", BuildFolder.path, "-lDAGKit", file, "-o", library,
            ])
        bytes = Array(try Data(contentsOf: URL(filePath: library)))
        description = try output(of: BuildFolder.file("slipstream-runner"), ["describe", library])
    }
}

/// The folder of this program, the runner and `libDAGKit.so`.
enum BuildFolder {
    static let program =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    static let path = URL(filePath: program).deletingLastPathComponent().path

    static func file(_ name: String) -> String { path + "/" + name }
}

/// Runs a program to its end.
///
/// - Returns: What it wrote to standard output.
/// - Throws: ``BenchError`` when it ended with another code than 0.
func output(of program: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        throw BenchError("\(program) \(arguments.joined(separator: " ")) ended with code \(process.terminationStatus)")
    }
    return data
}
