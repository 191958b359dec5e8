internal import Glibc
internal import WorkerProtocol

/// The children of a single-threaded process, each watched by its pidfd: no SIGCHLD, no confusion by reused process ids.
struct ChildTable<ID: Hashable> {
    private struct Child {
        let id: ID
        let pid: pid_t
        let pidfd: CInt
    }

    private var children: [Child] = []

    var isEmpty: Bool { children.isEmpty }

    mutating func add(_ pid: pid_t, as id: ID) {
        children.append(Child(id: id, pid: pid, pidfd: cposix_pidfd_open(pid)))
    }

    func contains(_ id: ID) -> Bool { children.contains { $0.id == id } }

    func kill(_ id: ID) {
        for child in children where child.id == id { Glibc.kill(child.pid, SIGKILL) }
    }

    /// For a forked child: these are the parent's business.
    func closeAll() {
        for child in children { close(child.pidfd) }
    }

    /// Waits until a child ends or the control socket can be read.
    mutating func wait(orFor control: CInt) -> (isControlReadable: Bool, ended: [(ID, ChildEnd)]) {
        var entries = [pollfd(fd: control, events: CShort(POLLIN), revents: 0)]
        entries += children.map { pollfd(fd: $0.pidfd, events: CShort(POLLIN), revents: 0) }
        while poll(&entries, nfds_t(entries.count), -1) < 0, errno == EINTR {}
        var ended: [(ID, ChildEnd)] = []
        for (index, child) in children.enumerated() where entries[index + 1].revents != 0 {
            // The zombie still holds its id, so the group's id cannot be anybody else's. The child's group must not outlive it.
            if getpgid(child.pid) == child.pid { Glibc.kill(-child.pid, SIGKILL) }
            ended.append((child.id, ChildEnd(reaping: child.pidfd)))
            close(child.pidfd)
        }
        if !ended.isEmpty {
            var index = 0
            children.removeAll { _ in
                index += 1
                return entries[index].revents != 0
            }
        }
        return (entries[0].revents != 0, ended)
    }
}

extension ChildEnd {
    fileprivate init(reaping pidfd: CInt) {
        var numbers: [Int64] = [0, 0, 0, 0]
        _ = cposix_reap_numbers(pidfd, &numbers)
        let (bySignal, status) = (numbers[0] != 0, Int(numbers[1]))
        self.init(
            code: bySignal ? nil : status, signal: bySignal ? status : nil, cpu: numbers[2], maxResidentKiB: numbers[3])
    }
}

extension rusage {
    var cpuMicroseconds: Int64 {
        Int64(ru_utime.tv_sec + ru_stime.tv_sec) * 1_000_000 + Int64(ru_utime.tv_usec + ru_stime.tv_usec)
    }
}
