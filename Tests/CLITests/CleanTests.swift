import Foundation
import Postgres
import Supervision
import TestServers
import TestSupport
import Testing

/// `dagctl db clean`, on a database of its own.
@Suite struct CleanTests {
    private let database: TestDatabase
    private let cli: CLI

    init() async throws {
        database = try await TestPostgres.freshDatabase()
        cli = CLI(environment: ["SLIPSTREAM_DATABASE_URL": database.configuration.url])
        #expect(try await cli("db", "migrate").code == 0)
        // Twelve runs of one DAG, the oldest ended 111 days ago, and one run of another.
        let connection = try await PostgresConnection.connect(database.configuration, on: CLI.loop)
        try await connection.pipeline([
            """
            INSERT INTO dag_version (
                dag_id, number, bundle, file, commit_id, artifact, files, fingerprint, document, created_at)
            SELECT u.dag_id, 1, 'dags', 'a.swift', 'c', 'a', '', '',
                '{"id": "' || u.dag_id || '", "schedule": {"manual": {}}, "catchup": false, "maxActiveRuns": 16, '
                    || '"isPausedUponCreation": false, "tags": [], "owner": "us", "params": {"schema": {}, "defaults": {}}, '
                    || '"uses": [], "tasks": []}', now()
            FROM unnest(ARRAY['daily', 'other']) AS u (dag_id)
            """,
            """
            INSERT INTO dag (dag_id, bundle, file, version_id, is_paused, is_present, first_seen_at, updated_at)
            SELECT dag_id, 'dags', 'a.swift', id, false, true, now(), now() FROM dag_version
            """,
            """
            INSERT INTO dag_run (
                dag_id, run_id, version_id, run_type, state, run_after, queued_at, ended_at, params, triggered_by)
            SELECT CASE WHEN n = 0 THEN 'other' ELSE 'daily' END, 'manual__' || n, 1, 'manual', 'success', u.at, u.at, u.at, '{}', 'test'
            FROM generate_series(0, 12) AS g (n), LATERAL (SELECT now() - make_interval(days => 112 - n, hours => -12) AS at) AS u
            """,
            """
            INSERT INTO task_instance (run, task_id, map_index, state, try_number, max_tries, losses)
            SELECT id, 'a', -1, 'success', 1, 0, 0 FROM dag_run
            """,
        ])
        await connection.close()
    }

    private func runs() async throws -> Int64 {
        let connection = try await PostgresConnection.connect(database.configuration, on: CLI.loop)
        let count = try await connection.query("SELECT count(*) AS n FROM dag_run").one()["n", as: Int64.self]
        await connection.close()
        return count
    }

    @Test func `a dry run counts, and changes nothing`() async throws {
        let table = try await cli("db", "clean", "--dry-run")
        #expect(table.code == 0, "\(table.text)")
        #expect(
            table.output == """
                KIND            COUNT
                runs                2
                task_instances      2

                This would be removed; nothing was.

                """)
        let json = try await cli("db", "clean", "--dry-run", "-o", "json")
        #expect(json.output.contains("\"dry_run\": true") && json.output.contains("\"runs\": 2"), "\(json.text)")
        #expect(try await runs() == 13)
    }

    @Test func `it removes what is old when one says yes`() async throws {
        let unsure = try await cli("db", "clean")
        #expect(unsure.code == 2)
        #expect(unsure.errors.contains("2 runs, 2 task instances would be removed; say --yes"), "\(unsure.text)")
        #expect(try await runs() == 13)
        let removed = try await cli("db", "clean", "--yes", "--output", "json")
        #expect(removed.code == 0 && removed.output.contains("\"dry_run\": false"), "\(removed.text)")
        #expect(try await runs() == 11)
        #expect(try await cli("db", "clean", "--yes").output == "Nothing is old enough to be removed.\n")
    }

    @Test func `age, DAG and the number of runs that stay are one's choice`() async throws {
        var few = cli
        few.environment["SLIPSTREAM_RETENTION_KEEP_RUNS"] = "1"
        #expect(try await few("db", "clean", "--dag", "daily", "--older-than", "15w", "--yes").code == 0)
        #expect(try await runs() == 7)
        few.environment["SLIPSTREAM_RETENTION_KEEP_RUNS"] = "0"
        #expect(try await few("db", "clean", "--dag", "other", "--yes").code == 0)
        #expect(try await runs() == 6)
        let unknown = try await cli("db", "clean", "--dag", "dayly", "--dry-run")
        #expect(unknown.code == 3)
        #expect(unknown.errors.contains("there is no DAG dayly"))
    }

    @Test func `wrong ages are told with what they must be`() async throws {
        for age in ["90", "never", "3 months"] {
            let wrong = try await cli("db", "clean", "--older-than", age)
            #expect(wrong.code == 2)
            #expect(wrong.errors.contains("--older-than: must be hours, days or weeks"), "\(wrong.text)")
        }
        var bad = cli
        bad.environment["SLIPSTREAM_RETENTION_RUNS"] = "soon"
        bad.environment["SLIPSTREAM_RETENTION_KEEP_RUNS"] = "many"
        for command in [["db", "clean", "--dry-run"], ["scheduler"]] {
            let refused = try await bad.run([CLI.dagctl] + command)
            #expect(refused.code != 0)
            #expect(
                refused.errors.contains("SLIPSTREAM_RETENTION_RUNS: must be hours")
                    && refused.errors.contains("SLIPSTREAM_RETENTION_KEEP_RUNS: must be a number"), "\(refused.text)")
        }
        let check = try await bad("check")
        #expect(check.output.contains("SLIPSTREAM_RETENTION_RUNS") && check.output.contains("unset it for 90d"))
        var never = cli
        never.environment["SLIPSTREAM_RETENTION_RUNS"] = "never"
        never.environment["SLIPSTREAM_RETENTION_EVENTS"] = "off"
        #expect(try await never("db", "clean", "--dry-run").errors.contains("say how old with --older-than"))
    }
}
