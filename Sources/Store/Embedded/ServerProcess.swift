internal import CPosix
internal import Glibc

/// Starting and waiting for programs from a thread of our own.
enum ServerProcess {
    /// A user to run as.
    struct User: Hashable {
        var uid: uid_t
        var gid: gid_t
    }

    /// What a program started here calls the folder that was opened for it.
    static let openFolder = "/proc/self/fd/\(CPOSIX_SERVER_FOLDER)"

    /// Starts a program with one open folder, and its output in a file.
    /// - Parameters:
    ///   - folder: The folder that the program sees as ``openFolder``.
    ///   - user: Whom it runs as; `nil` for ourselves.
    ///   - deathSignal: What it gets when the calling thread ends.
    /// - Throws: An error code.
    static func start(
        _ program: String, _ arguments: [String], folder: Int32, output: Int32, user: User?, deathSignal: Int32
    ) throws(SystemFailure) -> pid_t {
        var setup = cposix_server(
            folder: folder, output: output, changes_user: user != nil, user: user?.uid ?? 0, group: user?.gid ?? 0,
            death_signal: deathSignal)
        let environment = ["LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC"]
        let process = withCStringArray([program] + arguments) { arguments in
            withCStringArray(environment) { environment in
                cposix_start_server(program, arguments, environment, &setup)
            }
        }
        guard process > 0 else { throw SystemFailure(code: -process) }
        return process
    }

    /// Waits for the end of a process, without reaping it: its id stays its own.
    static func waitForEnd(of process: pid_t) {
        var info = siginfo_t()
        while waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
    }

    /// Whether a process has ended; it is not reaped.
    static func hasEnded(_ process: pid_t) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT | WNOHANG) != 0 || info._sifields._kill.si_pid != 0
    }

    /// Frees the id of a process that has ended. Returns how it ended, in words; `nil` for success.
    static func reap(_ process: pid_t) -> String? {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        guard signal == 0 else { return "it was ended by signal \(signal) (\(String(cString: strsignal(signal))))" }
        let code = (status >> 8) & 0xFF
        return code == 0 ? nil : "it exited with code \(code)"
    }

    /// What a short program prints, at most 4 KiB of it.
    static func output(of program: String, _ arguments: [String]) throws(SystemFailure) -> String {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemFailure() }
        let folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { for descriptor in ends + [folder] { close(descriptor) } }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let process = try start(program, arguments, folder: folder, output: ends[1], user: nil, deathSignal: SIGKILL)
        guard reap(process) == nil else { throw SystemFailure(code: EIO) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(ends[0], &bytes, bytes.count)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }

    /// Rests a little, in the few places that can only look again. A signal may cut it short.
    static func pause(milliseconds: Int) {
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: (milliseconds % 1000) * 1_000_000)
        nanosleep(&time, nil)
    }
}

/// An error code of the system, as a sentence.
struct SystemFailure: Error, CustomStringConvertible {
    var code: Int32
    var description: String { String(cString: strerror(code)) }

    init(code: Int32 = errno) { self.code = code }
}

/// Lends strings as a null-terminated array of C strings.
private func withCStringArray<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the array ends with nil") }
        return body(base)
    }
}
