internal import Foundation
internal import Glibc
package import Supervision
internal import Synchronization

/// A server program that runs for a test. Its lines of output are read as they come; the first that matches tells its address.
package final class ServerProcess: Sendable {
    package let port: Int
    private let process: ChildProcess
    /// The watchdog kills the server when this end of its input closes, also by the end of this process.
    private let leash: OwnedDescriptor
    private let loop: EventLoop
    private let lines: OutputReader

    private init(
        _ process: ChildProcess, _ leash: OwnedDescriptor, _ loop: EventLoop, _ lines: OutputReader, port: Int
    ) {
        self.process = process
        self.leash = leash
        self.loop = loop
        self.lines = lines
        self.port = port
    }

    /// Starts a program and waits until a line of its output contains `marker` and, after it, a port's number.
    package static func start(
        _ arguments: [String], portAfter marker: String, environment: [String: String] = [:], on loop: EventLoop
    ) async throws -> ServerProcess {
        let lines = OutputReader()
        let (process, leash) = try await spawn(arguments, environment, lines, on: loop)
        let line = try await lines.first { $0.contains(marker) }
        let digits = line[(line.firstRange(of: marker)?.upperBound ?? line.startIndex)...].prefix { $0.isNumber }
        guard let port = Int(digits) else {
            await loop.run { _ = process.signalGroup(SIGKILL) }
            throw ServerFailure(description: "no port in \"\(line)\"")
        }
        return ServerProcess(process, leash, loop, lines, port: port)
    }

    /// Starts the server and keeps no end of its output, so that the server's end is the end of its output.
    private static let watchdog = """
        exec 3<&0
        "$@" </dev/null 3<&- &
        exec >/dev/null 2>&1
        read -r _ <&3
        kill -KILL 0
        """

    /// Keeps no end of the pipe that the program writes to: the end of the program ends it.
    private static func spawn(
        _ arguments: [String], _ environment: [String: String], _ lines: OutputReader, on loop: EventLoop
    ) async throws -> (ChildProcess, OwnedDescriptor) {
        let output = try OwnedDescriptor.pipe()
        let leash = try OwnedDescriptor.pipe()
        var all = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": "/nonexistent"]
        all.merge(environment) { $1 }
        let launch = ProgramLaunch(
            "/bin/sh", ["-c", watchdog, "watchdog"] + arguments, environment: all,
            descriptors: [0: leash.read.number, 1: output.write.number, 2: output.write.number], killsGroupAtExit: true)
        return try await loop.run { () throws in
            try lines.follow(output.read, on: loop)
            return (try ChildProcess(launch, on: loop), leash.write)
        }
    }

    /// Waits for a line of output, one that has come or will come.
    package func line(where matches: @escaping @Sendable (String) -> Bool) async throws -> String {
        try await lines.first(where: matches)
    }

    /// All lines up to now.
    package var output: [String] { lines.all }

    /// Kills the server and waits for its end.
    package func stop() async {
        await loop.run { [process] in _ = process.signalGroup(SIGKILL) }
        _ = await process.waitForExit()
    }
}

package struct ServerFailure: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// Reads lines from a pipe and lets tests wait for them.
package final class OutputReader: Sendable {
    private struct State: Sendable {
        var lines: [String] = []
        var rest: [UInt8] = []
        var hasEnded = false
        var waiting: [(matches: @Sendable (String) -> Bool, continuation: CheckedContinuation<String, any Error>)] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var all: [String] { state.withLock { $0.lines } }

    package func follow(_ pipe: OwnedDescriptor, on loop: EventLoop) throws {
        let holder = Holder()
        let watcher = try DescriptorWatcher(pipe.number, on: loop) { [self] _ in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = read(pipe.number, &buffer, buffer.count)
            if count > 0 { take(buffer.prefix(count)) }
            if count == 0 {
                holder.watcher?.cancel()
                end()
            }
        }
        holder.watcher = watcher
        try watcher.wait(for: .readable)
    }

    package func first(where matches: @escaping @Sendable (String) -> Bool) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<String, any Error>? = state.withLock { state in
                if let line = state.lines.first(where: matches) { return .success(line) }
                if state.hasEnded { return .failure(Self.ended(state.lines)) }
                state.waiting.append((matches, continuation))
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        let found = state.withLock { state in
            state.rest += bytes
            var found: [(CheckedContinuation<String, any Error>, String)] = []
            while let end = state.rest.firstIndex(of: 10) {
                let line = String(decoding: state.rest[..<end], as: UTF8.self)
                state.rest.removeFirst(end + 1)
                state.lines.append(line)
                while let index = state.waiting.firstIndex(where: { $0.matches(line) }) {
                    found.append((state.waiting.remove(at: index).continuation, line))
                }
            }
            return found
        }
        for (continuation, line) in found { continuation.resume(returning: line) }
    }

    private func end() {
        let (waiting, lines) = state.withLock { state in
            state.hasEnded = true
            defer { state.waiting = [] }
            return (state.waiting, state.lines)
        }
        for waiter in waiting { waiter.continuation.resume(throwing: Self.ended(lines)) }
    }

    private static func ended(_ lines: [String]) -> ServerFailure {
        ServerFailure(description: "the server ended: \(lines.suffix(20).joined(separator: "\n"))")
    }

    private final class Holder: @unchecked Sendable {
        // @unchecked: used on the loop only.
        var watcher: DescriptorWatcher?
    }
}
