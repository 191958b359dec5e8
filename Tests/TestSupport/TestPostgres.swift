internal import Foundation
internal import Glibc
internal import Postgres
package import Supervision

/// A real PostgreSQL server of one's own: in a temporary folder, reached by a Unix socket only.
///
/// ```swift
/// let database = try await TestPostgres.freshDatabase()
/// let connection = try await PostgresConnection.connect(database.configuration, on: loop)
/// ```
/// The shared server starts on first use, about a second after it was asked for. A watchdog process stops a server and
/// removes its folder when this process ends, in whatever way: it waits for the end of a pipe.
///
/// Needs PostgreSQL's server programs (Debian: `postgresql`). As root the server runs as the user `postgres` or
/// `nobody`.
package actor TestPostgres {
    /// How much the server does for durability.
    package enum Durability: Sendable {
        /// No fsync: for tests.
        case none
        /// PostgreSQL's own settings: for measurements.
        case full
    }

    package nonisolated let loop: EventLoop
    package nonisolated let folder: String

    private let commands: OwnedDescriptor
    private let answers: OwnedDescriptor
    private var lastDatabase = 0

    private static let sharedServer = Task { try await TestPostgres.start() }

    /// The server that all suites of the process share. Not to be stopped.
    package static var shared: TestPostgres {
        get async throws { try await sharedServer.value }
    }

    /// A new database on the shared server, empty or a copy of a template; dropped when the last reference goes.
    package static func freshDatabase(template: TestDatabase? = nil) async throws -> TestDatabase {
        try await shared.freshDatabase(template: template)
    }

    /// Starts a server of one's own, to be stopped, killed and started at will.
    package static func start(_ durability: Durability = .none) async throws -> TestPostgres {
        let server = try await TestPostgres(durability)
        try await server.expectReady()
        return server
    }

    private init(_ durability: Durability) async throws {
        let loop = try EventLoop(name: "test-postgres")
        self.loop = loop
        var template = Array("/tmp/slipstream-pg-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("make a folder for PostgreSQL") }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        let input = try OwnedDescriptor.pipe()
        let output = try OwnedDescriptor.pipe()
        commands = input.write
        answers = output.read
        let launch = ProgramLaunch(
            "/bin/sh",
            ["-c", Self.watchdog, "watchdog", folder, try Self.programs(), durability == .none ? "off" : "on"],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"],
            descriptors: [0: input.read.number, 1: output.write.number])
        try await loop.run { () throws in _ = try ChildProcess(launch, on: loop) }
    }

    /// Stops the server as an administrator would; connections are ended.
    package func stop() async throws { try await order("stop") }

    /// Stops the server without any goodbye, as a power failure would.
    package func crash() async throws { try await order("crash") }

    /// Starts the server again after `stop` or `crash`.
    package func startAgain() async throws { try await order("start") }

    package func freshDatabase(template: TestDatabase? = nil) async throws -> TestDatabase {
        lastDatabase += 1
        let name = "test_\(lastDatabase)"
        let from = template.map { $0.name } ?? "template0"
        try await administrate("CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: from)")
        return TestDatabase(name: name, server: self)
    }

    func drop(_ name: String) async {
        // At the end of the process the server may be gone already, and its folder with it.
        try? await administrate("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
    }

    nonisolated func url(database: String) -> String { "postgres://test@/\(database)?host=\(folder)" }

    private func administrate(_ sql: SQL) async throws {
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(url: url(database: "postgres"), statementTimeout: .seconds(60)), on: loop)
        do { try await connection.query(sql) } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}

// MARK: - The watchdog

extension TestPostgres {
    private func order(_ command: String) async throws {
        let line = Array("\(command)\n".utf8)
        guard write(commands.number, line, line.count) == line.count else {
            throw SystemError("give an order to the test server's watchdog")
        }
        try await expectReady()
    }

    /// The watchdog answers each order with a line.
    private func expectReady() async throws {
        let answers = answers
        let answer = await loop.runBlocking { () -> String in
            var line: [UInt8] = []
            var byte: UInt8 = 0
            while read(answers.number, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
            return String(decoding: line, as: UTF8.self)
        }
        guard answer == "ready" else {
            let log = (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? ""
            throw PostgresError.cannotConnect(reason: "the test server did not start: \(answer) \(log.suffix(2_000))")
        }
    }

    /// The newest installed server's programs.
    private static func programs() throws -> String {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.compactMap(Int.init).max().map { "/usr/lib/postgresql/\($0)/bin" }
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        guard let folder = ([newest].compactMap(\.self) + path).first(where: { access($0 + "/initdb", X_OK) == 0 })
        else {
            throw SystemError("find PostgreSQL's initdb (Debian package: postgresql)", code: ENOENT)
        }
        return folder
    }

    /// Arguments: folder, folder of programs, fsync. Signals for the test's process group do not reach it: it ends with
    /// its input only.
    private static let watchdog = """
        folder=$1 programs=$2 fsync=$3
        trap '' INT HUP TERM
        exec 2>>"$folder/log" </dev/stdin
        as=
        if [ "$(id -u)" = 0 ]; then
            user=postgres
            id postgres >/dev/null 2>&1 || user=nobody
            group=$(id -g $user)
            chown $user "$folder"
            as="setpriv --reuid=$user --regid=$group --clear-groups"
        fi
        control() {
            $as "$programs/pg_ctl" -D "$folder/data" -w -t 60 -l "$folder/server.log" "$@" >>"$folder/log" 2>&1 </dev/null
        }
        start() {
            settings="-c fsync=$fsync -c max_connections=500 -c max_wal_size=4GB"
            control start -o "-k $folder -c listen_addresses= $settings"
        }
        answer() { if [ "$1" = 0 ]; then echo ready; else echo failed; fi; }
        cd "$folder"
        chmod 755 "$folder"
        : >>"$folder/log"
        $as "$programs/initdb" -D "$folder/data" -U test -A trust -E UTF8 --locale=C.UTF-8 --no-sync \\
            >>"$folder/log" </dev/null &&
            { echo 'local all guarded scram-sha-256'; echo 'local all all trust'; } >"$folder/data/pg_hba.conf" &&
            start
        answer $?
        while read -r order; do
            case $order in
                start) start ;;
                stop) control stop -m fast ;;
                crash) control stop -m immediate ;;
            esac
            answer $?
        done
        control stop -m immediate
        cd /
        rm -rf "$folder"
        """
}
