import Foundation
import Glibc

/// Reads what processes use from /proc.
struct ProcessMeter {
    /// The processes at the roots of the trees that are measured.
    let roots: [Int32]
    /// A process that is left out: the database's side of the bench's own connection.
    let excluded: Int32

    /// User and system time of all processes of the trees, in seconds, with that of the children that they have reaped.
    func cpu() -> Double {
        tree().reduce(0) { sum, process in sum + Self.ticks(process, 11..<15) } / Self.ticksPerSecond
    }

    /// Memory of all processes of the trees, each shared page counted once, in MiB.
    func pss() -> Double {
        tree().reduce(0) { sum, process in
            let text = (try? String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8)) ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") }
            return sum + (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0)
        } / 1_024
    }

    private func tree() -> [Int32] {
        var found: [Int32] = [], rest = roots
        while let process = rest.popLast() {
            guard process != excluded else { continue }
            found.append(process)
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
            for thread in threads {
                let children = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/children", encoding: .utf8)
                rest += (children ?? "").split(separator: " ").compactMap { Int32($0) }
            }
        }
        return found
    }

    /// The sum of some fields of a process's `stat`, counted from the state as 0 on.
    private static func ticks(_ process: Int32, _ fields: Range<Int>) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return 0 }
        let words = text[name...].split(separator: " ").dropFirst()
        return words.dropFirst(fields.lowerBound).prefix(fields.count).reduce(0) { $0 + (Double($1) ?? 0) }
    }

    private static let ticksPerSecond = Double(sysconf(CInt(_SC_CLK_TCK)))

    /// Seconds in which all processors together have worked since the machine started, for anybody.
    static func machine() -> Double {
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        let numbers = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard numbers.count > 7 else { return 0 }
        return (numbers[0] + numbers[1] + numbers[2] + numbers[5] + numbers[6]) / ticksPerSecond
    }
}
