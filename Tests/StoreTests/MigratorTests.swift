import Foundation
import Postgres
import Store
import Supervision
import TestSupport
import Testing

@Suite struct MigratorTests {
    private func with(_ body: (PostgresConnection, TestDatabase, EventLoop) async throws -> Void) async throws {
        let database = try await TestPostgres.freshDatabase()
        let loop = try EventLoop(name: "migrator-tests")
        let connection = try await PostgresConnection.connect(database.configuration, on: loop)
        try await body(connection, database, loop)
        await connection.close()
        loop.shutdown()
    }

    @Test func `an empty database is migrated, and then is up to date`() async throws {
        try await with { connection, _, _ in
            #expect(try await Migrator(connection).pending().map(\.version) == Migration.all.map(\.version))
            #expect(try await Migrator(connection).migrate().map(\.version) == Migration.all.map(\.version))
            #expect(try await Migrator(connection).migrate().isEmpty)
            try await Migrator(connection).check()
        }
    }

    @Test func `a database that lacks a migration is refused with what to do`() async throws {
        try await with { connection, _, _ in
            await #expect(throws: StoreError.self) { try await Migrator(connection).check() }
        }
    }

    @Test func `of many migrators at once one migrates`() async throws {
        try await with { _, database, loop in
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let connection = try await PostgresConnection.connect(database.configuration, on: loop)
                        let count = try await Migrator(connection).migrate().count
                        await connection.close()
                        return count
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(applied == Migration.all.count)
        }
    }

    @Test func `a newer schema and a changed migration are refused`() async throws {
        try await with { connection, _, _ in
            _ = try await Migrator(connection).migrate()
            try await connection.query("INSERT INTO schema_migration VALUES (9999, 'x', clock_timestamp())")
            await #expect(
                throws: StoreError.wrongSchema(
                    "the database has schema version 9999, this dagctl knows versions up to \(Migration.all.count); use the dagctl "
                        + "that migrated the database, or a newer one")
            ) { try await Migrator(connection).migrate() }
            try await connection.query("DELETE FROM schema_migration WHERE version = 9999")
            try await connection.query("UPDATE schema_migration SET checksum = 'other' WHERE version = 1")
            await #expect(throws: StoreError.self) { try await Migrator(connection).migrate() }
        }
    }

    @Test func `every SQL file is a migration, numbered without a gap`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Store/Migrations")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sql") }
            .sorted()
        #expect(files.count == Migration.all.count)
        #expect(Migration.all.map(\.version) == Array(1...Migration.all.count))
    }
}
