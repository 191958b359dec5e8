internal import FoundationEssentials
internal import Glibc

extension PostgresFolder {
    /// Stops what is left of a server whose dagctl was killed, so that ours can take over its data.
    ///
    /// We hold the folder's lock, so whatever works in the cluster now belongs to nobody. Such processes are found by their
    /// working directory, not by the number in `postmaster.pid`, which may by now be another program's.
    /// - Returns: Whether something was found.
    func stopLeftovers() throws(EmbeddedPostgresError) -> Bool {
        let found = serverProcesses()
        if !found.isEmpty {
            let postmaster = readText("\(cluster)/postmaster.pid").flatMap { Int32($0.prefix { $0.isNumber }) }
            if let postmaster, found.contains(postmaster) { signal([postmaster], SIGINT) }
            for signalNumber in [SIGQUIT, SIGKILL] where !waitUntilGone(milliseconds: 10_000) {
                signal(serverProcesses(), signalNumber)
            }
            guard waitUntilGone(milliseconds: 5_000) else {
                throw .leftoverServer(process: serverProcesses().first ?? 0, folder: cluster)
            }
        }
        // Stale for certain: otherwise PostgreSQL would respect any process that has got the number since.
        unlink("\(cluster)/postmaster.pid")
        return !found.isEmpty
    }

    private func signal(_ processes: [Int32], _ signal: Int32) {
        for process in processes {
            kill(process, signal)
            kill(process, SIGCONT)
        }
    }

    private func waitUntilGone(milliseconds: Int) -> Bool {
        for _ in 0..<(milliseconds / 10) {
            if serverProcesses().isEmpty { return true }
            ServerProcess.pause(milliseconds: 10)
        }
        return serverProcesses().isEmpty
    }

    /// The live PostgreSQL processes that work in this cluster.
    func serverProcesses() -> [Int32] {
        var here = stat()
        guard stat(cluster, &here) == 0 else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { process in
            var there = stat()
            guard stat("/proc/\(process)/cwd", &there) == 0 else { return false }
            guard there.st_dev == here.st_dev, there.st_ino == here.st_ino else { return false }
            return Self.isPostgres(process)
        }
    }

    private static func isPostgres(_ process: Int32) -> Bool {
        let file = open("/proc/\(process)/comm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = read(file, &bytes, bytes.count)
        return bytes[..<max(0, count)].starts(with: Array("postgres".utf8))
    }
}
