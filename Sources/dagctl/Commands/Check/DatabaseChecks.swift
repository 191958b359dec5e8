import Foundation
import Postgres
import Store
import Supervision

/// The database, or the programs for a private one.
struct DatabaseChecks {
    let environment: [String: String]
    let folder: DataFolder

    func all() async -> [CheckResult] {
        guard let url = environment["SLIPSTREAM_DATABASE_URL"], !url.isEmpty else { return [binaries()] }
        return [await reachable(url)]
    }

    private func binaries() -> CheckResult {
        let rule = "must be installed, version \(PostgresBinaries.oldest) or newer, for dagctl standalone"
        guard let newest = PostgresBinaries.newest(path: environment["PATH"]) else {
            return .problem(
                "PostgreSQL", "not found", rule: rule,
                remedy: "apt-get install postgresql, or set SLIPSTREAM_DATABASE_URL to a database elsewhere")
        }
        guard newest.version >= PostgresBinaries.oldest else {
            return .problem(
                "PostgreSQL", "\(newest.version) in \(newest.folder)", rule: rule, remedy: "install a newer one")
        }
        return .ok("PostgreSQL", "\(newest.version) in \(newest.folder)")
    }

    private func reachable(_ url: String) async -> CheckResult {
        let key = "SLIPSTREAM_DATABASE_URL"
        do {
            let loop = try EventLoop(name: "check")
            let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url), on: loop)
            let pending = try await Migrator(connection).pending()
            let version = connection.serverVersion / 10_000
            await connection.close()
            guard pending.isEmpty else {
                return .warning(
                    key, "PostgreSQL \(version)",
                    rule: "lacks \(pending.count) migration\(pending.count == 1 ? "" : "s")",
                    remedy: "dagctl db migrate (dagctl standalone does it when it starts)")
            }
            return .ok(key, "PostgreSQL \(version), schema of this release")
        } catch {
            return .problem(
                key, "set (not shown: it may hold a password)", rule: "\(error)",
                remedy: "correct the address, start the database, or unset the variable for a private one")
        }
    }
}
