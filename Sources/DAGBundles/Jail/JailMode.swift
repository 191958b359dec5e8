/// How programs are locked up on this machine.
package enum JailMode: Sendable, Hashable {
    /// Namespaces made by root; the program runs under an account number that nobody else has.
    case privileged
    /// Namespaces made by an ordinary user, inside a user namespace.
    case unprivileged
    /// No namespaces: limits only. The administrator said so.
    case none

    /// The whole command line for a command: bubblewrap, the limits, the program.
    ///
    /// - Parameter account: the account that the program runs under, when root locks it up.
    func words(for command: JailCommand, account: UInt32, filter: CInt, sync: CInt, machine: JailMachine) -> [String] {
        let program = limits(command.limits) + [command.program] + command.arguments
        guard self != .none else { return ["nice", "-n", "10"] + program }
        return ["nice", "-n", "10", "bwrap"] + namespaces + files(command, machine)
            + ["--seccomp", "\(filter)", "--sync-fd", "\(sync)", "--"] + drop(to: account) + program
    }

    private var namespaces: [String] {
        let all = ["--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        let ending = ["--die-with-parent", "--new-session", "--hostname", "jail"]
        switch self {
        case .unprivileged: return all + ["--unshare-user", "--uid", "65534", "--gid", "65534"] + ending
        default:
            return all + ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"] + ending
        }
    }

    private func files(_ command: JailCommand, _ machine: JailMachine) -> [String] {
        var words = ["--ro-bind", "/usr", "/usr"] + machine.systemFolders
        words += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--proc", "/proc", "--dev", "/dev"]
        if command.limits.temporarySpace > 0 {
            words += ["--perms", "1777", "--size", "\(command.limits.temporarySpace)", "--tmpfs", "/tmp"]
        } else {
            words += ["--dir", "/tmp"]
        }
        let readable = command.readable.filter { !$0.hasPrefix("/usr/") }
        for folder in parents(of: readable) { words += ["--perms", "0755", "--dir", folder] }
        for path in readable { words += ["--ro-bind", path, path] }
        words += ["--chdir", command.workingDirectory ?? (command.limits.temporarySpace > 0 ? "/tmp" : "/")]
        return words + ["--remount-ro", "/dev", "--remount-ro", "/"]
    }

    /// bubblewrap would make them too, but for root's eyes only.
    private func parents(of paths: [String]) -> [String] {
        var folders: [String] = []
        for path in paths {
            var folder = ""
            for part in path.split(separator: "/").dropLast() {
                folder += "/" + part
                if folder != "/tmp", !folders.contains(folder) { folders.append(folder) }
            }
        }
        return folders
    }

    private func drop(to account: UInt32) -> [String] {
        guard self == .privileged else { return [] }
        return [
            "setpriv", "--reuid", "\(account)", "--regid", "\(account)", "--clear-groups", "--no-new-privs",
            "--inh-caps=-all",
            "--ambient-caps=-all", "--bounding-set=-all", "--",
        ]
    }

    private func limits(_ limits: JailLimits) -> [String] {
        let words = [
            "prlimit", "--core=0", "--nofile=256", "--cpu=\(limits.cpuTime)", "--as=\(limits.addressSpace)",
            "--fsize=\(max(limits.temporarySpace, 1 << 20))", "--memlock=0", "--msgqueue=0",
        ]
        // Without a user namespace or an account of its own, the count would be that of all the user's processes.
        return words + (self == .none ? [] : ["--nproc=\(limits.processes == 1 ? 64 : limits.processes)"]) + ["--"]
    }
}

/// What a jail has to know of the machine it is made on.
struct JailMachine: Sendable {
    /// bubblewrap's words for `/bin`, `/lib` and their like: links into `/usr` on a merged system.
    var systemFolders: [String]

    static let current = JailMachine(
        systemFolders: ["/bin", "/sbin", "/lib", "/lib64"].flatMap { path -> [String] in
            if let target = Disk.linkTarget(path) { return ["--symlink", target, path] }
            return Disk.exists(path) ? ["--ro-bind", path, path] : []
        })
}
