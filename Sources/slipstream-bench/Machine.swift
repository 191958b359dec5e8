import Foundation
import Glibc
import Postgres

/// What the figures depend on besides the code.
struct Machine {
    let lines: [String]

    init(_ options: BenchOptions, _ installation: Installation) async throws {
        let names = [
            "fsync", "synchronous_commit", "full_page_writes", "wal_level", "wal_compression", "shared_buffers",
        ]
        var settings: [String] = []
        for name in names {
            let value = try await installation.query("SELECT current_setting(\(name)) AS value").one()[
                "value", as: String.self]
            settings.append("\(name)=\(value)")
        }
        let version = try await installation.query("SELECT current_setting('server_version') AS value").one()[
            "value", as: String.self]
        var system = utsname()
        uname(&system)
        let release = withUnsafeBytes(of: &system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let memory = ProcessInfo.processInfo.physicalMemory >> 30
        lines = [
            "machine: \(Self.processor), \(ProcessInfo.processInfo.activeProcessorCount) processors, \(memory) GiB, Linux \(release)",
            "PostgreSQL \(version): \(settings.joined(separator: " "))",
            "\(options.slots) slots, \(options.repetitions) repetitions; medians, gaps over all repetitions",
        ]
    }

    private static var processor: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
    }
}
