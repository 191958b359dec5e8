import Foundation
import Store

/// What `psql` answers; the first line of its complaint where it fails.
func psql(_ postgres: EmbeddedPostgres, _ statement: String) throws -> String {
    let program = Process()
    program.executableURL = URL(filePath: "/usr/bin/env")
    program.arguments = ["psql", "-XAtq", postgres.connectionString, "-c", statement]
    let (output, errors) = (Pipe(), Pipe())
    program.standardOutput = output
    program.standardError = errors
    try program.run()
    let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    program.waitUntilExit()
    let text = program.terminationStatus == 0 ? answer : complaint
    return text.trimmingCharacters(in: .newlines)
}

/// The live processes that work in a folder.
func processes(in folder: String) -> [Int32] {
    var here = stat()
    guard stat(folder, &here) == 0 else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { process in
        var there = stat()
        return stat("/proc/\(process)/cwd", &there) == 0 && there.st_dev == here.st_dev && there.st_ino == here.st_ino
    }
}

/// Looks again until it is so: another process's end or start sends us no signal.
func eventually(_ condition: () throws -> Bool) async throws {
    while try !condition() { try await Task.sleep(for: .milliseconds(5)) }
}
