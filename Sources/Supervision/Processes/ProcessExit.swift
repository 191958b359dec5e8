internal import CPosix
internal import Glibc

/// How a child process ended, and what it used.
package struct ProcessExit: Sendable, Hashable {
    /// The cause of the end.
    package enum Cause: Sendable, Hashable {
        case exited(code: CInt)
        case signalled(CInt, dumpedCore: Bool)
    }

    package var cause: Cause
    /// CPU time in user mode, of the child and of its own children that it waited for.
    package var userTime: Duration
    /// CPU time in the kernel, likewise.
    package var systemTime: Duration
    /// The largest resident set of the child or of one of its waited-for children, in bytes.
    package var maximumResidentBytes: Int

    /// Whether the program ended by itself with code 0.
    package var isSuccess: Bool { cause == .exited(code: 0) }
}

extension ProcessExit: CustomStringConvertible {
    package var description: String {
        switch cause {
        case .exited(let code): "exited with code \(code)"
        case .signalled(let signal, let dumpedCore):
            "was ended by the signal \(Self.name(of: signal))\(dumpedCore ? " (core dumped)" : "")"
        }
    }

    private static func name(of signal: CInt) -> String {
        guard let text = strsignal(signal) else { return "\(signal)" }
        return "\(signal) (\(String(cString: text)))"
    }
}

extension ProcessExit {
    init(_ result: cposix_exit) {
        self.init(
            cause: result.by_signal
                ? .signalled(result.status, dumpedCore: result.dumped_core) : .exited(code: result.status),
            userTime: Duration(result.usage.ru_utime), systemTime: Duration(result.usage.ru_stime),
            maximumResidentBytes: result.usage.ru_maxrss * 1_024)
    }
}

extension Duration {
    fileprivate init(_ time: timeval) { self = .seconds(time.tv_sec) + .microseconds(time.tv_usec) }
}
