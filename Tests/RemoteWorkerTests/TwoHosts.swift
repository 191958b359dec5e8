import Foundation
import Synchronization

/// Two hosts with a cable between them: this machine, and a network namespace that reaches nothing but this machine's end. Removed with
/// ``remove()``.
final class TwoHosts: Sendable {
    private static let last = Mutex(UInt16.random(in: 0..<16_000))

    private let name: String
    private var cable: String { "\(name)a" }
    /// This machine's address on the cable.
    let here: String
    /// The other host's.
    let there: String

    /// Why this machine does not let us make a namespace, for the line that says a test was skipped.
    static let refusal: String? = {
        do {
            let hosts = try TwoHosts()
            hosts.remove()
            return nil
        } catch {
            return "\(error)"
        }
    }()

    init() throws {
        let number = Self.last.withLock { last in
            last = (last + 1) % 16_000
            return last
        }
        name = "slip\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
        // 198.18.0.0/15 is for such tests (RFC 2544); each cable has four addresses of it.
        let prefix = "198.18.\(number / 63).\(number % 63 * 4 + 1)"
        let other = "198.18.\(number / 63).\(number % 63 * 4 + 2)"
        (here, there) = (prefix, other)
        do {
            try Self.run("ip", "netns", "add", name)
            try Self.run("ip", "link", "add", cable, "type", "veth", "peer", "name", "\(name)b", "netns", name)
            try Self.run("ip", "addr", "add", "\(here)/30", "dev", cable)
            try Self.run("ip", "link", "set", cable, "up")
            try Self.run("ip", "-n", name, "addr", "add", "\(there)/30", "dev", "\(name)b")
            try Self.run("ip", "-n", name, "link", "set", "\(name)b", "up")
            try Self.run("ip", "-n", name, "link", "set", "lo", "up")
        } catch {
            remove()
            throw error
        }
    }

    func cutCable() throws { try Self.run("ip", "link", "set", cable, "down") }
    func mendCable() throws { try Self.run("ip", "link", "set", cable, "up") }

    /// The command line that runs a program on the other host, where these folders are empty.
    func command(_ program: String, _ arguments: [String], hiding folders: [String]) -> [String] {
        let script = """
            mount --make-rprivate / && while [ "$1" != -- ]; do mount -t tmpfs none "$1" || exit 71; shift; done
            shift && exec "$@"
            """
        return ["ip", "netns", "exec", name, "unshare", "--mount", "sh", "-c", script, "sh"] + folders + [
            "--", program,
        ] + arguments
    }

    func remove() {
        try? Self.run("ip", "link", "del", cable)
        try? Self.run("ip", "netns", "del", name)
    }

    private static func run(_ command: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, output)
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailed(
                description:
                    "\(command.joined(separator: " ")): \(String(decoding: text, as: UTF8.self).prefix { $0 != "\n" })")
        }
    }
}

struct CommandFailed: Error, CustomStringConvertible {
    let description: String
}
