import DAGBundles
import Foundation
import Store
import Supervision

/// The programs and files that compiling and running DAGs needs.
struct MachineChecks {
    let environment: [String: String]
    let installation: Installation

    func all() -> [CheckResult] { [compiler(), runner(), library(), zones()] }

    private func compiler() -> CheckResult {
        let rule = "must be Swift 6.2 or newer, to compile DAG files"
        let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        guard let program = folders.map({ $0 + "/swiftc" }).first(where: FileManager.default.isExecutableFile) else {
            return .problem(
                "swiftc", "not in the PATH", rule: rule,
                remedy: "install Swift from swift.org and put its bin into PATH")
        }
        guard let version = Self.output(of: program, ["--version"]).flatMap(Self.version) else {
            return .problem("swiftc", program, rule: rule, remedy: "\(program) --version fails: see what it says")
        }
        guard (version.major, version.minor) >= (6, 2) else {
            return .problem(
                "swiftc", "\(version.major).\(version.minor) in \(program)", rule: rule, remedy: "install a newer Swift"
            )
        }
        return .ok("swiftc", "\(version.major).\(version.minor) in \(program)")
    }

    /// The version in `Swift version 6.3.1 (swift-6.3.1-RELEASE)`.
    static func version(_ banner: String) -> (major: Int, minor: Int)? {
        guard let start = banner.firstRange(of: "Swift version ") else { return nil }
        let numbers = banner[start.upperBound...].split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }

    private static func output(of program: String, _ arguments: [String]) -> String? {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    private func runner() -> CheckResult {
        guard FileManager.default.isExecutableFile(atPath: installation.runner) else {
            return .problem(
                "runner", installation.runner, rule: "must be an executable file, to run author code",
                remedy: "run make install, or swift build")
        }
        return .ok("runner", installation.runner)
    }

    private func library() -> CheckResult {
        guard FileManager.default.fileExists(atPath: installation.library) else {
            return .problem(
                "libDAGKit.so", installation.library, rule: "must exist, to compile DAG files against",
                remedy: "run make install, or swift build")
        }
        return .ok("libDAGKit.so", installation.library)
    }

    private func zones() -> CheckResult {
        do {
            _ = try ZoneFiles().zone("Europe/Berlin")
            return .ok("time zones", ZoneFiles().folder)
        } catch {
            return .problem(
                "time zones", ZoneFiles().folder,
                rule: "must hold the system's zone files, for schedules in local time",
                remedy: "apt-get install tzdata")
        }
    }

    /// Whether DAG files can be locked up while they are compiled and described.
    static func jail() async -> CheckResult {
        do {
            let loop = try EventLoop(name: "check")
            let jail = try await Jail(on: loop)
            loop.shutdown()
            return .ok("jail", "works (\(jail.mode))")
        } catch {
            return .problem(
                "jail", "impossible here", rule: "\(error)",
                remedy: "allow it, or start with --no-jail when you trust every author of DAGs")
        }
    }
}

/// Whether the API can listen.
struct PortCheck {
    let port: Int
    let folder: DataFolder

    func result() -> CheckResult {
        guard (1...65_535).contains(port) else {
            return .problem(
                "port", "\(port)", rule: "must be between 1 and 65535", remedy: "choose another with --port")
        }
        guard !isFree else { return .ok("port", "\(port) is free") }
        let own =
            (try? String(contentsOfFile: folder.file("api.json"), encoding: .utf8))?.contains(":\(port)\"") ?? false
        if own { return .ok("port", "\(port) is used by the server of this data folder") }
        return .problem(
            "port", "\(port)", rule: "is used by another program",
            remedy: "stop it (ss -ltnp shows it), or choose another with --port")
    }

    private var isFree: Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
