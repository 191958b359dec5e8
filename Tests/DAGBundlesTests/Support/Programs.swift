import Foundation
import Glibc
import Synchronization
import Testing

struct ProgramFailure: Error, CustomStringConvertible {
    var description: String
}

/// Runs a program and returns what it prints.
@discardableResult
func run(
    _ program: String, _ arguments: [String], in folder: String = "/", input: Data = Data(),
    environment: [String: String] = [:]
) throws -> String {
    // Files, not pipes: a pipe's end would leak into programs started at the same moment, and keep it open.
    let files = FileManager.default.temporaryDirectory.path + "/slipstream-test-run-" + UUID().uuidString
    defer { for end in ["in", "out"] { unlink("\(files).\(end)") } }
    try input.write(to: URL(fileURLWithPath: files + ".in"))
    let output = open(files + ".out", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(output) }
    let process = try start(
        ["-C", folder] + environment.map { "\($0)=\($1)" } + [program] + arguments,
        input: files + ".in", output: output)
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: files + ".out")), as: UTF8.self)
    guard status == 0 else {
        throw ProgramFailure(description: "\(program) \(arguments) ended with status \(status): \(text)")
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
}

/// Servers of the Fixtures folder; they run until the last reference goes.
final class Servers: Sendable {
    private let processes = Mutex<[pid_t]>([])

    /// Starts a server, and returns its port once it has printed it.
    func start(_ script: String, _ arguments: [String] = []) throws -> Int {
        var ends: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        let process = try DAGBundlesTests.start(
            ["python3", fixture(script)] + arguments, input: "/dev/null", output: ends[1])
        close(ends[1])
        processes.withLock { $0.append(process) }
        let output = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        var line = ""
        while !line.hasSuffix("\n"), let data = try output.read(upToCount: 1), !data.isEmpty {
            line += String(decoding: data, as: UTF8.self)
        }
        return try #require(Int(line.dropLast()))
    }

    deinit {
        for process in processes.withLock({ $0 }) {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
    }
}

/// Starts `env` with some words; the child gets the signals that this process, full of Dispatch threads, blocks.
private func start(_ words: [String], input: String, output: CInt) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var argv = (["env"] + words).map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    var process: pid_t = 0
    let failure = posix_spawn(&process, "/usr/bin/env", &actions, &attributes, &argv, environ)
    guard failure == 0 else { throw ProgramFailure(description: String(cString: strerror(failure))) }
    return process
}

func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/" + name).path
}
