import Foundation
import Logging
import Store
import Testing

@Suite(.timeLimit(.minutes(2))) struct EmbeddedPostgresTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private var cluster: String { "\(folder.path)/postgres/data" }

    private func start(
        in path: String? = nil, binaries: String? = nil, runtimeFolder: String? = nil
    ) async throws(EmbeddedPostgresError) -> EmbeddedPostgres {
        try await EmbeddedPostgres.start(
            .init(
                dataFolder: path ?? folder.path, binaries: binaries,
                path: ProcessInfo.processInfo.environment["PATH"], runtimeFolder: runtimeFolder),
            logger: logger)
    }

    private func failure(_ body: () async throws(EmbeddedPostgresError) -> EmbeddedPostgres) async
        -> EmbeddedPostgresError?
    {
        do {
            let postgres = try await body()
            Issue.record("it started")
            await postgres.stop()
            return nil
        } catch {
            return error
        }
    }

    @Test func `the first start makes a cluster, and a second start finds its data`() async throws {
        let first = try await start()
        #expect(try psql(first, "create table t as select 42 as n; select n from t") == "42")
        #expect(
            try psql(
                first,
                "select string_agg(setting, ' ' order by name) from pg_settings where name in "
                    + "('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'data_checksums')")
                == "on on on  on")
        #expect(!first.tookOver)
        await first.stop()
        #expect(processes(in: cluster) == [])

        let second = try await start()
        #expect(try psql(second, "select n from t") == "42")
        #expect(!second.tookOver)
        await second.stop()
    }

    @Test func `nobody else can enter the folders of the server`() async throws {
        let postgres = try await start()
        for path in ["postgres", "postgres/data", "postgres/socket", "postgres.lock"] {
            let mode =
                try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(path)")[.posixPermissions] as? Int
            #expect((mode ?? 0o777) & 0o077 == 0, "\(path)")
        }
        await postgres.stop()
    }

    @Test func `two at once in one folder: the second is told who has it`() async throws {
        let first = try await start()
        let error = await failure { () throws(EmbeddedPostgresError) in try await start() }
        #expect(error == .inUse(folder: folder.path, process: "\(getpid())"))
        #expect(try psql(first, "select 1") == "1")
        await first.stop()
    }

    @Test func `kill -9 of our process leaves no server running`() async throws {
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let postgres = try await EmbeddedPostgres.start(
                .init(dataFolder: path), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            _ = try psql(postgres, "create table t (n int)")
            kill(getpid(), SIGKILL)
        }
        try await eventually { processes(in: cluster).isEmpty }

        let next = try await start()
        #expect(try psql(next, "select count(*) from t") == "0")
        await next.stop()
    }

    @Test func `a server that outlived its dagctl is stopped, and its data taken over`() async throws {
        let path = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let postgres = try await EmbeddedPostgres.start(
                .init(dataFolder: path), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            _ = try psql(postgres, "create table t as select 7 as n")
            // Frozen, it cannot obey when the kernel tells it to go.
            if let process = postgres.processID { kill(process, SIGSTOP) }
            kill(getpid(), SIGKILL)
        }
        #expect(!processes(in: cluster).isEmpty)

        let next = try await start()
        #expect(next.tookOver)
        #expect(try psql(next, "select n from t") == "7")
        await next.stop()
    }

    @Test func `a server that dies is started again`() async throws {
        let postgres = try await start()
        #expect(try psql(postgres, "create table t as select 7 as n") == "")
        let first = try #require(postgres.processID)
        kill(first, SIGKILL)
        try await eventually { ![first, nil].contains(postgres.processID) }
        try await eventually { try psql(postgres, "select n from t") == "7" }
        await postgres.stop()
        #expect(processes(in: cluster) == [])
    }

    @Test func `a pid file left by a crash, whose number is now another program's, is no obstacle`() async throws {
        await (try start()).stop()
        let text = "\(getpid())\n\(cluster)\n1\n5432\n\n\n\nready   \n"
        try Data(text.utf8).write(to: URL(filePath: "\(cluster)/postmaster.pid"))
        let postgres = try await start()
        #expect(try psql(postgres, "select 1") == "1")
        await postgres.stop()
    }

    @Test func `a cluster that was not complete is made anew`() async throws {
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/postgres/data.new/base", withIntermediateDirectories: true)
        let postgres = try await start()
        #expect(try psql(postgres, "select 1") == "1")
        await postgres.stop()
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/postgres/data.new"))
    }

    @Test func `data of another major version are left alone, and the error says what to install`() async throws {
        try FileManager.default.createDirectory(atPath: cluster, withIntermediateDirectories: true)
        try Data("9\n".utf8).write(to: URL(filePath: "\(cluster)/PG_VERSION"))
        let error = try #require(await failure { () throws(EmbeddedPostgresError) in try await start() })
        guard case .wrongVersion(9, _, cluster) = error else {
            Issue.record("\(error)")
            return
        }
        #expect("\(error)".contains("sudo apt-get install postgresql-9"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: cluster) == ["PG_VERSION"])
    }

    @Test func `without PostgreSQL the error is the command that installs it`() async {
        let error = await failure { () throws(EmbeddedPostgresError) in try await start(binaries: folder.path) }
        #expect(error == .notInstalled(searched: [folder.path]))
        #expect("\(error as Any)".contains("sudo apt-get install postgresql"))
    }

    @Test func `a path too long for a socket works by a short link, which goes with the server`() async throws {
        let runtime = try TemporaryFolder()
        let long =
            folder.path + "/"
            + Array(repeating: String(repeating: "it's long ", count: 10), count: 3).joined(separator: "/")
        let postgres = try await start(in: long, runtimeFolder: runtime.path)
        #expect(postgres.socketFolder.hasPrefix(runtime.path))
        #expect(try psql(postgres, "select 1") == "1")
        await postgres.stop()
        #expect(try FileManager.default.contentsOfDirectory(atPath: runtime.path) == [])
    }

    @Test func `something else in our place is an error that names it`() async throws {
        try Data().write(to: URL(filePath: "\(folder.path)/postgres"))
        let error = await failure { () throws(EmbeddedPostgresError) in try await start() }
        #expect(error == .blocked(path: "\(folder.path)/postgres", reason: "is not a folder; move it away"))
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func `an ordinary user needs nothing else`() async throws {
        let path = folder.path
        chown(path, 65534, 65534)
        await #expect(processExitsWith: .success) { [path = path as String] in
            try #require(setgroups(0, nil) == 0 && setgid(65534) == 0 && setuid(65534) == 0)
            let postgres = try await EmbeddedPostgres.start(
                .init(dataFolder: path), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            #expect(try psql(postgres, "select 1") == "1")
            await postgres.stop()
        }
        // Started by root the next time, it goes on as the user whose data they are.
        let postgres = try await start()
        let owner =
            try FileManager.default.attributesOfItem(atPath: "\(cluster)/postmaster.pid")[.ownerAccountID] as? Int
        #expect(owner == 65534)
        await postgres.stop()
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to mount a small file system"))
    func `a full disk is reported as such`() async throws {
        let small = "\(folder.path)/small"
        try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: false)
        guard mount("tmpfs", small, "tmpfs", 0, "size=16m,mode=700") == 0 else {
            Issue.record("cannot mount: \(String(cString: strerror(errno)))", severity: .warning)
            return
        }
        defer { umount(small) }
        let error = await failure { () throws(EmbeddedPostgresError) in try await start(in: small) }
        #expect(error == .diskFull(folder: "\(small)/postgres"))
    }
}
