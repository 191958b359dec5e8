import Foundation
import Supervision
import TestServers

/// What a program wrote and how it ended.
struct Finished: Sendable {
    /// The exit code; minus the signal's number for a program that a signal ended.
    let code: Int
    let output: String
    let errors: String

    /// The lines of both outputs.
    var text: String { output + errors }
}

/// The built `dagctl` as people use it: a process with an environment of its own, and a home where nothing is configured.
struct CLI: Sendable {
    /// What is set beside `PATH`, `HOME` and the width.
    var environment: [String: String] = [:]
    var home = "/nonexistent"

    static let loop: EventLoop = {
        do { return try EventLoop(name: "cli-tests") } catch { fatalError("\(error)") }
    }()

    /// The folder with the built programs: beside the test program, or beside the tests that a helper of the toolchain loads.
    static let folder: String = {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        if FileManager.default.fileExists(atPath: program.appending(path: "dagctl").path) { return program.path }
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: bundle).resolvingSymlinksInPath().deletingLastPathComponent().path
    }()

    static var dagctl: String { folder + "/dagctl" }

    /// Runs `dagctl` to its end.
    func callAsFunction(_ arguments: String..., input: String = "", width: Int = 80) async throws -> Finished {
        try await run([Self.dagctl] + arguments, input: input, width: width)
    }

    /// Runs any program to its end. One that takes more than five minutes is killed.
    func run(_ words: [String], input: String = "", in folder: String = "/", width: Int = 80) async throws -> Finished {
        let files = try TestFolder()
        let paths = [try files.write("in", input.utf8), try files.write("out", []), try files.write("err", [])]
        let handles = [
            try FileHandle(forReadingFrom: URL(filePath: paths[0])),
            try FileHandle(forWritingTo: URL(filePath: paths[1])),
            try FileHandle(forWritingTo: URL(filePath: paths[2])),
        ]
        let launch = ProgramLaunch(
            "/usr/bin/env", words, environment: variables(width: width), workingDirectory: folder,
            descriptors: [
                0: handles[0].fileDescriptor, 1: handles[1].fileDescriptor, 2: handles[2].fileDescriptor,
            ], killsGroupAtExit: true)
        let loop = Self.loop
        let process = try await loop.run { () throws in
            let process = try ChildProcess(launch, on: loop)
            let timer = loop.schedule(after: .seconds(300)) { _ = process.signalGroup(SIGKILL) }
            process.onExit { _ in timer.cancel() }
            return process
        }
        let exit = await process.waitForExit()
        for handle in handles { try handle.close() }
        return Finished(
            code: exit.code, output: String(decoding: try files.bytes("out"), as: UTF8.self),
            errors: String(decoding: try files.bytes("err"), as: UTF8.self))
    }

    func variables(width: Int = 80) -> [String: String] {
        let own = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home, "COLUMNS": "\(width)",
            "LANG": "C.UTF-8",
        ]
        return own.merging(environment) { $1 }
    }
}

extension ProcessExit {
    /// The exit code; minus the signal's number for a program that a signal ended.
    var code: Int {
        switch cause {
        case .exited(let code): Int(code)
        case .signalled(let signal, _): -Int(signal)
        }
    }
}
