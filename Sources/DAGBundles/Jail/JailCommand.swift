/// A program to run in a ``Jail``, and all that it may see and use.
package struct JailCommand: Sendable, Hashable {
    package var program: String
    package var arguments: [String]
    /// Nothing of the parent's environment is added.
    package var environment: [String: String]
    /// Files and folders outside `/usr` that the program may read, under their own paths.
    package var readable: [String]
    /// Defaults to the temporary folder, or `/` without one.
    package var workingDirectory: String?
    package var limits: JailLimits

    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String] = [:], readable: [String] = [],
        workingDirectory: String? = nil, limits: JailLimits
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.readable = readable
        self.workingDirectory = workingDirectory
        self.limits = limits
    }
}

/// What a program in a jail may use. Time in seconds, sizes in bytes.
package struct JailLimits: Sendable, Hashable {
    package var wallTime: Double
    package var cpuTime: Int
    /// Of each process.
    package var addressSpace: Int64
    /// Threads count. 1 forbids to start processes at all; threads then number up to 64.
    package var processes: Int
    /// Of the private temporary folder, `/tmp`; 0 means that nothing can be written.
    package var temporarySpace: Int64
    package var standardOutput: Int
    package var standardError: Int

    package init(
        wallTime: Double, cpuTime: Int, addressSpace: Int64, processes: Int, temporarySpace: Int64,
        standardOutput: Int, standardError: Int
    ) {
        self.wallTime = wallTime
        self.cpuTime = cpuTime
        self.addressSpace = addressSpace
        self.processes = processes
        self.temporarySpace = temporarySpace
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    /// For the compiler: 90 s, 4 GiB for each of its processes, 512 MiB of temporary files.
    package static let compiling = JailLimits(
        wallTime: 90, cpuTime: 60, addressSpace: 4 << 30, processes: 64, temporarySpace: 512 << 20,
        standardOutput: 64 << 20, standardError: 256 << 10)

    /// For loading a compiled file and describing it: 10 s, 1 GiB, one process, no file, 1 MiB of output.
    package static let describing = JailLimits(
        wallTime: 10, cpuTime: 8, addressSpace: 1 << 30, processes: 1, temporarySpace: 0, standardOutput: 1 << 20,
        standardError: 64 << 10)
}

/// How a program in a jail ended, and what it wrote.
package struct JailResult: Sendable, Hashable {
    package enum Ending: Sendable, Hashable {
        case exited(code: CInt)
        case signalled(CInt)
        /// Killed after the wall time.
        case timedOut
        /// Killed because it wrote more than it may.
        case wroteTooMuch
    }

    package var ending: Ending
    /// At most as much as the limits allow.
    package var standardOutput: [UInt8]
    package var standardError: String

    package var isSuccess: Bool { ending == .exited(code: 0) }
}
