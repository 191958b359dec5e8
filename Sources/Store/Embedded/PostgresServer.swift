internal import CPosix
internal import FoundationEssentials
internal import Glibc
internal import Logging
internal import Synchronization

/// One server in one folder. All but the calls marked so belong to the thread that made it.
final class PostgresServer: Sendable {
    let binaries: PostgresBinaries
    let socket: PostgresSocket
    private let folder: PostgresFolder
    private let lock: Int32
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var process: pid_t?
        var isStopping = false
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    init(_ configuration: EmbeddedPostgres.Configuration, _ logger: Logger) throws(EmbeddedPostgresError) {
        let folder = try PostgresFolder(root: configuration.dataFolder)
        let lock = try folder.lock()
        do {
            binaries = try PostgresBinaries.choose(
                for: folder.clusterVersion(), dataFolder: folder.cluster, in: configuration.binaries,
                path: configuration.path)
            socket = try PostgresSocket(
                socketFolder: folder.socketFolder, runtimeFolder: configuration.runtimeFolder)
        } catch {
            Glibc.close(lock)
            throw error
        }
        self.folder = folder
        self.lock = lock
        self.logger = logger
    }

    /// Makes the cluster where there is none; else stops what an earlier run left. Returns whether there was something.
    func prepare() throws(EmbeddedPostgresError) -> Bool {
        guard try folder.clusterVersion() == nil else {
            let tookOver = try folder.stopLeftovers()
            if tookOver { logger.warning("stopped a PostgreSQL that an earlier dagctl left behind") }
            return tookOver
        }
        try makeCluster()
        return false
    }

    /// In a folder beside, so that a cluster is complete or not there.
    private func makeCluster() throws(EmbeddedPostgresError) {
        try? FileManager.default.removeItem(atPath: folder.newCluster)
        try PostgresFolder.makeFolder(folder.newCluster, owner: folder.user)
        do {
            try run(
                binaries.initdb, "initdb", in: folder.newCluster,
                [
                    "-D", Self.here, "--username=\(PostgresSettings.superuser)", "--auth-local=trust",
                    "--auth-host=reject", "--encoding=UTF8", "--locale=C", "--data-checksums", "--no-sync",
                ])
            try syncCluster()
        } catch {
            try? FileManager.default.removeItem(atPath: folder.newCluster)
            throw error
        }
        guard rename(folder.newCluster, folder.cluster) == 0 else {
            throw .blocked(path: folder.cluster, reason: SystemFailure().description)
        }
        try syncCluster()
        logger.info("made a PostgreSQL \(binaries.version) cluster in \(folder.cluster)")
    }

    /// One call for the whole file system: initdb's own way, file by file, takes seconds on a busy disk.
    private func syncCluster() throws(EmbeddedPostgresError) {
        let home = try folder.openFolder(folder.home)
        defer { Glibc.close(home) }
        let failure = cposix_sync_file_system(home)
        guard failure != ENOSPC, failure != EDQUOT else { throw .diskFull(folder: folder.home) }
        guard failure == 0 else { throw .blocked(path: folder.home, reason: "\(SystemFailure(code: failure))") }
    }

    /// The open folder, by a name that needs no permission on the folders above it: as root we start the server as a user
    /// who may not enter our home folder.
    private static let here = ServerProcess.openFolder

    private func run(
        _ program: String, _ name: String, in path: String, _ arguments: [String]
    ) throws(EmbeddedPostgresError) {
        let (process, logStart) = try start(program, name, in: path, arguments, deathSignal: SIGKILL)
        if let ending = ServerProcess.reap(process) { throw folder.failure(of: name, since: logStart, ending: ending) }
    }

    private func start(
        _ program: String, _ name: String, in path: String, _ arguments: [String], deathSignal: Int32
    ) throws(EmbeddedPostgresError) -> (process: pid_t, logStart: off_t) {
        let log = try folder.openLog()
        defer { Glibc.close(log) }
        let cluster = try folder.openFolder(path)
        defer { Glibc.close(cluster) }
        let logStart = lseek(log, 0, SEEK_END)
        do {
            let process = try ServerProcess.start(
                program, arguments, folder: cluster, output: log, user: folder.user, deathSignal: deathSignal)
            return (process, logStart)
        } catch {
            throw .failed(what: name, reason: "\(error)", log: folder.log)
        }
    }
}

// MARK: - Running

extension PostgresServer {
    /// Starts the server and waits until it accepts connections.
    func launch() throws(EmbeddedPostgresError) {
        let options = PostgresSettings.options.flatMap { ["-c", $0] }
        let (process, logStart) = try start(
            binaries.postgres, "postgres", in: folder.cluster, ["-D", Self.here] + options, deathSignal: SIGINT)
        let isStopping = state.withLock { state in
            state.process = process
            return state.isStopping
        }
        if isStopping { kill(process, SIGINT) }
        while !isReady(process) {
            guard !ServerProcess.hasEnded(process) else {
                let ending = forget(process)
                guard !isStopping else { throw .stopped }
                throw folder.failure(of: "postgres", since: logStart, ending: ending)
            }
            ServerProcess.pause(milliseconds: 2)
        }
    }

    /// The server's own word for it, in the eighth line of its pid file.
    private func isReady(_ process: pid_t) -> Bool {
        guard let text = folder.readText("\(folder.cluster)/postmaster.pid") else { return false }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.count >= 8 && lines[0] == "\(process)" && lines[7].hasPrefix("ready")
    }

    /// Stays with the server until it is stopped, and starts it again when it dies.
    func keepRunning() {
        while let process {
            ServerProcess.waitForEnd(of: process)
            let ending = forget(process) ?? "it shut down by itself"
            guard !isStopping else { return }
            logger.error("PostgreSQL is gone: \(ending); starting it again")
            relaunch()
        }
    }

    /// Tries until it succeeds or is to stop: a full disk may have room again in a while.
    private func relaunch() {
        for attempt in 0... {
            do {
                _ = try folder.stopLeftovers()
                return try launch()
            } catch {
                guard !isStopping else { return }
                logger.error("PostgreSQL does not start again: \(error)")
            }
            for _ in 0..<(1 << min(attempt, 5)) where !isStopping { ServerProcess.pause(milliseconds: 200) }
            guard !isStopping else { return }
        }
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Frees the process's id, so that no signal of ours can reach whoever gets it next.
    private func forget(_ process: pid_t) -> String? {
        state.withLock { $0.process = nil }
        return ServerProcess.reap(process)
    }

    /// Gives the folder back.
    func close() {
        socket.remove()
        Glibc.close(lock)
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

// MARK: - From any thread

extension PostgresServer {
    var process: pid_t? { state.withLock { $0.process } }

    /// Fast shutdown: open transactions are rolled back.
    func requestStop() {
        state.withLock { state in
            state.isStopping = true
            if let process = state.process { kill(process, SIGINT) }
        }
    }

    func signal(_ signal: Int32) {
        state.withLock { state in
            if let process = state.process { kill(process, signal) }
        }
    }

    func waitUntilClosed() async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.waiting.append(continuation) }
                return state.isClosed
            }
            if isClosed { continuation.resume() }
        }
    }
}
