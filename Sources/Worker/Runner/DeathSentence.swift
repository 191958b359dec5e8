internal import Glibc
internal import WorkerProtocol

/// What people read when a process has ended without a result: one sentence for each cause of death.
enum DeathSentence {
    /// - Parameters:
    ///   - what: As "the task's process".
    ///   - outOfMemory: Whether the kernel has killed something for lack of memory meanwhile.
    static func of(_ what: String, _ end: ChildEnd, outOfMemory: Bool) -> String {
        if let code = end.code { return "\(what) exited with code \(code) before it had a result" }
        guard let signal = end.signal.map({ CInt($0) }) else { return "\(what) ended without a result" }
        switch signal {
        case SIGKILL where outOfMemory:
            return
                "\(what) was killed by the kernel's out-of-memory killer; it had used up to \(end.maxResidentKiB / 1_024) MiB"
        case SIGILL, SIGTRAP: return "\(what) trapped (signal \(name(signal))): see its log"
        case SIGSEGV, SIGBUS, SIGABRT, SIGFPE: return "\(what) crashed (signal \(name(signal))): see its log"
        default: return "\(what) was ended by signal \(name(signal))"
        }
    }

    static func name(_ signal: CInt) -> String {
        guard let text = strsignal(signal) else { return "\(signal)" }
        return "\(signal), \(String(cString: text))"
    }
}

/// Tells whether the kernel has killed a process for lack of memory since it was last asked.
struct OutOfMemoryWatch {
    private var seen = Self.count

    mutating func hasKilled() -> Bool {
        let now = Self.count
        defer { seen = now }
        return now > seen
    }

    private static var count: Int {
        let fields = ProcessTree.contents(of: "/proc/vmstat")?.split(separator: UInt8(ascii: "\n")) ?? []
        let prefix = Array("oom_kill ".utf8)
        guard let line = fields.first(where: { $0.starts(with: prefix) }) else { return 0 }
        return Int(String(decoding: line.dropFirst(prefix.count), as: UTF8.self)) ?? 0
    }
}
