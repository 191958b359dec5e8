internal import Crypto

/// One step of the database's schema: an SQL file that is part of the program and never changes once released.
package struct Migration: Sendable {
    package let version: Int
    package let name: String
    /// SHA-256 of the file, in hexadecimal digits.
    package let checksum: String
    let script: String

    init(_ version: Int, _ name: String, _ bytes: [UInt8]) {
        self.version = version
        self.name = name
        script = String(decoding: bytes, as: UTF8.self)
        checksum = SHA256.hash(data: bytes).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Every migration of this release, in order.
    package static let all: [Migration] = [
        Migration(1, "initial", PackageResources.V0001_initial_sql)
    ]
}

/// A migration as the database remembers it.
package struct AppliedMigration: Sendable, Hashable {
    package var version: Int
    package var checksum: String

    package init(version: Int, checksum: String) {
        self.version = version
        self.checksum = checksum
    }
}

extension [Migration] {
    /// The migrations that a database with these applied ones still needs.
    ///
    /// - Throws: ``StoreError/wrongSchema(_:)`` when the database is of a newer or of another release.
    package func pending(after applied: [AppliedMigration]) throws(StoreError) -> [Migration] {
        let newest = last?.version ?? 0
        for (index, done) in applied.enumerated() {
            guard done.version <= newest else { throw .newerSchema(done.version, newest: newest) }
            guard index < count, self[index].version == done.version else { throw .schemaGap(before: done.version) }
            guard self[index].checksum == done.checksum else { throw .changedMigration(self[index]) }
        }
        return Array(dropFirst(applied.count))
    }
}

extension StoreError {
    fileprivate static func newerSchema(_ version: Int, newest: Int) -> StoreError {
        .wrongSchema(
            "the database has schema version \(version), this dagctl knows versions up to \(newest); use the dagctl that "
                + "migrated the database, or a newer one")
    }

    fileprivate static func schemaGap(before version: Int) -> StoreError {
        .wrongSchema(
            "the database has schema version \(version) without the version before it; restore it from a backup")
    }

    fileprivate static func changedMigration(_ migration: Migration) -> StoreError {
        .wrongSchema(
            "schema version \(migration.version) (\(migration.name)) in the database is not the one of this dagctl: it was "
                + "migrated by a development build; use that build, or start with an empty database")
    }

    static func oldSchema(pending: [Migration]) -> StoreError {
        let versions = pending.map { String($0.version) }.joined(separator: ", ")
        return .wrongSchema(
            "the database lacks schema version \(versions); stop the schedulers that use it and run dagctl db migrate")
    }
}
