/// The system calls that a program in a jail cannot make, as a seccomp program for the kernel.
///
/// The namespaces close most doors; this closes what they leave open: memory that counts for no process (memfd, System V), sockets
/// of families without a namespace (vsock), kernel interfaces with a bad record, and, where asked, new processes.
struct JailFilter {
    /// Whether new processes may be started. Threads always may.
    var allowsProcesses: Bool

    /// The filter in the kernel's format: `struct sock_filter`, 8 bytes each.
    var bytes: [UInt8] { program.flatMap(\.bytes) }

    private var program: [Instruction] {
        let calls = SystemCalls.ofThisMachine
        let refused = calls.refused + (allowsProcesses ? [] : calls.forks)
        return [
            [.load(.architecture)], .unless(.equal, calls.architecture, .refuse(errno: 1)), [.load(.number)],
            // The x32 calls of x86_64 would be a way around.
            .when(.atLeast, 0x4000_0000, .refuse(errno: 1)),
            // Its flags lie in memory, where a filter cannot look; libc then falls back to clone.
            .when(.equal, calls.clone3, .refuse(errno: 38)),
            refused.flatMap { [Instruction].when(.equal, $0, .refuse(errno: 1)) },
            .unless(.equal, calls.clone, .allow), [.load(.firstArgument)],
            .when(.anyBit, SystemCalls.namespaceFlags, .refuse(errno: 1)),
            allowsProcesses ? [] : .unless(.anyBit, SystemCalls.threadFlag, .refuse(errno: 1)),
            [.decide(.allow)],
        ].flatMap { $0 }
    }
}

/// One step of the kernel's filter machine (classic BPF).
private struct Instruction {
    enum Field: UInt32 {
        case number = 0
        case architecture = 4
        /// The low half; both architectures are little-endian.
        case firstArgument = 16
    }

    enum Test: UInt16 {
        case equal = 0x15
        case atLeast = 0x35
        case anyBit = 0x45
    }

    enum Verdict {
        case allow
        case refuse(errno: UInt32)
    }

    var code: UInt16
    var skipWhenTrue: UInt8 = 0
    var skipWhenFalse: UInt8 = 0
    var value: UInt32

    var bytes: [UInt8] {
        withUnsafeBytes(of: code, Array.init) + [skipWhenTrue, skipWhenFalse] + withUnsafeBytes(of: value, Array.init)
    }

    static func load(_ field: Field) -> Instruction { Instruction(code: 0x20, value: field.rawValue) }

    static func decide(_ verdict: Verdict) -> Instruction {
        switch verdict {
        case .allow: Instruction(code: 0x06, value: 0x7FFF_0000)
        case .refuse(let errno): Instruction(code: 0x06, value: 0x0005_0000 | errno)
        }
    }
}

extension [Instruction] {
    fileprivate static func when(_ test: Instruction.Test, _ value: UInt32, _ verdict: Instruction.Verdict) -> Self {
        [Instruction(code: test.rawValue, skipWhenFalse: 1, value: value), .decide(verdict)]
    }

    fileprivate static func unless(_ test: Instruction.Test, _ value: UInt32, _ verdict: Instruction.Verdict) -> Self {
        [Instruction(code: test.rawValue, skipWhenTrue: 1, value: value), .decide(verdict)]
    }
}
