internal import CPosix
internal import Glibc

extension ProgramLaunch {
    /// Starts the program with `posix_spawn`, which shares the parent's memory until the program runs: its price does
    /// not grow with the parent. Returns the process id; the caller reaps it.
    func spawn() throws -> pid_t {
        let path = try resolvedExecutable()
        let sources = try DescriptorPlan(descriptors)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        sources.apply(to: &actions)
        if let workingDirectory { _ = cposix_change_directory(&actions, workingDirectory) }
        var attributes = spawnAttributes()
        defer { posix_spawnattr_destroy(&attributes) }

        var process: pid_t = 0
        let status = withCStrings([executable] + arguments) { argv in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
                posix_spawn(&process, path, &actions, &attributes, argv, envp)
            }
        }
        guard status == 0 else { throw failure(code: status, path: path) }
        return process
    }

    private func spawnAttributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let group = ownsProcessGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | group))
        return attributes
    }

    private func resolvedExecutable() throws(SystemError) -> String {
        if executable.contains("/") { return executable }
        for folder in (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
            let candidate = "\(folder)/\(executable)"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        throw SystemError("start the program \(executable), which is not in its PATH", code: ENOENT)
    }

    /// ENOENT may mean the program, its interpreter or the folder.
    private func failure(code: CInt, path: String) -> SystemError {
        if let workingDirectory, access(workingDirectory, X_OK) != 0 {
            return SystemError("start the program \(executable) in the folder \(workingDirectory)", code: errno)
        }
        let exists = executable.hasPrefix("/") && access(path, F_OK) == 0
        let hint = code == ENOENT && exists ? " (the file exists, but its interpreter or loader does not)" : ""
        return SystemError("start the program \(executable)\(hint)", code: code)
    }
}

/// The copies of descriptors that make it safe to set 3 from 4 and 4 from 3 in one go.
private struct DescriptorPlan: ~Copyable {
    private var sources: [(target: CInt, source: CInt)] = []
    private var copies: [CInt] = []

    init(_ descriptors: [CInt: CInt]) throws(SystemError) {
        let last = max(2, descriptors.keys.max() ?? 2)
        for (target, source) in descriptors.sorted(by: { $0.key < $1.key }) {
            guard source <= last, source != target else {
                sources.append((target, source))
                continue
            }
            let copy = fcntl(source, F_DUPFD_CLOEXEC, last + 1)
            guard copy >= 0 else { throw SystemError("copy the file descriptor \(source) for a child process") }
            copies.append(copy)
            sources.append((target, copy))
        }
    }

    deinit { for copy in copies { close(copy) } }

    func apply(to actions: inout posix_spawn_file_actions_t) {
        var first: CInt = 0
        for (target, source) in sources {
            closeOrSilence(first..<target, &actions)
            posix_spawn_file_actions_adddup2(&actions, source, target)
            first = target + 1
        }
        let end = max(first, 3)
        closeOrSilence(first..<end, &actions)
        _ = cposix_close_from(&actions, end)
    }

    private func closeOrSilence(_ unused: Range<CInt>, _ actions: inout posix_spawn_file_actions_t) {
        for number in unused {
            if number > 2 {
                posix_spawn_file_actions_addclose(&actions, number)
            } else {
                posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
            }
        }
    }
}

/// Lends the strings as a null-terminated array of C strings, in one allocation.
func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var bytes: [UInt8] = []
    let offsets = strings.map { string in
        defer { bytes += string.utf8; bytes.append(0) }
        return bytes.count
    }
    return bytes.withUnsafeMutableBytes { buffer in
        var pointers: [UnsafeMutablePointer<CChar>?] = offsets.map { offset in
            buffer.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
        }
        pointers.append(nil)
        return pointers.withUnsafeMutableBufferPointer { pointers in
            guard let base = pointers.baseAddress else { preconditionFailure("the array ends with nil") }
            return body(base)
        }
    }
}
