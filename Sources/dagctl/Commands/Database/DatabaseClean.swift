import ArgumentParser
import DAGModel
import Foundation
import Postgres
import Store
import Supervision

/// `dagctl db clean`
struct DatabaseClean: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Remove old runs and what belongs to them.",
        discussion: """
            Schedulers do this by themselves, with the ages of SLIPSTREAM_RETENTION_RUNS and SLIPSTREAM_RETENTION_EVENTS; this is for more, \
            or for now. It may run beside them. The newest runs of each DAG stay (SLIPSTREAM_RETENTION_KEEP_RUNS), and what an unfinished run, \
            the schedule, a backfill or dependsOnPast needs. Log files follow within a day of a scheduler.

            Example: dagctl db clean --older-than 30d --dry-run
            """)

    @Flag(help: "Only count what would be removed.")
    var dryRun = false

    @Option(help: "The least age: 36h, 90d or 12w. Defaults to the variables.")
    var olderThan: String?

    @Option(help: "Only what belongs to this DAG.")
    var dag: String?

    @Flag(help: "Remove without a question.")
    var yes = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var options: DatabaseOptions

    func validate() throws {
        if let olderThan, age == nil {
            throw ValidationError("--older-than: \(RetentionAge.ageRule), is \"\(olderThan)\"")
        }
        if dryRun, yes { throw ValidationError("--dry-run and --yes exclude each other") }
    }

    private var age: RetentionAge? { olderThan.flatMap(RetentionAge.init).flatMap { $0 == .never ? nil : $0 } }

    func run() async throws {
        let policy = try policy()
        let found = try await clean(policy, isDryRun: true)
        guard !dryRun, !found.isEmpty else { return show(found, isDryRun: dryRun) }
        if !yes { try confirm(found) }
        show(try await clean(policy, isDryRun: false), isDryRun: false)
    }

    private func policy() throws -> RetentionPolicy {
        var policy = try RetentionPolicy.configured()
        if let age { (policy.runs, policy.events) = (age, age) }
        guard policy.runs == .never, policy.events == .never else { return policy }
        throw CommandFailure(
            .wrongUsage, "SLIPSTREAM_RETENTION_RUNS and _EVENTS are never: say how old with --older-than")
    }

    private func clean(_ policy: RetentionPolicy, isDryRun: Bool) async throws -> RemovalCounts {
        let url = try options.url()
        return try await options.connected { connection in
            try await Migrator(connection).check()
            let loop = try EventLoop(name: "clean")
            let pool = PostgresPool(PostgresConfiguration(url: url), size: 1, on: loop)
            let store = StateStore(pool: pool)
            if let dag, try await store.dag(dag) == nil {
                throw CommandFailure(.notFound, "there is no DAG \(dag)")
            }
            let counts = try await RetentionPass(
                store, policy, dagID: dag, now: ServiceParts.now(), isDryRun: isDryRun
            ).run()
            await pool.close()
            return counts
        }
    }

    private func confirm(_ found: RemovalCounts) throws {
        guard Terminal.canAsk, output.output == .table else {
            throw CommandFailure(
                .wrongUsage,
                "\(found) would be removed; say --yes to remove them without a question, or --dry-run to count them")
        }
        Terminal.write(Self.table(found).lines(.current).joined(separator: "\n") + "\n")
        Terminal.write("Remove them for ever? [y/N] ")
        guard ["y", "yes"].contains(readLine()?.lowercased() ?? "") else {
            throw CommandFailure(.failed, "nothing was removed")
        }
    }

    private func show(_ counts: RemovalCounts, isDryRun: Bool) {
        guard output.output == .table else {
            let kinds = RemovedKind.allCases.map { ($0.rawValue, JSONValue.int(Int64(counts[$0]))) }
            return print(
                JSONValue.object([
                    "dry_run": .bool(isDryRun), "counts": .object(Dictionary(uniqueKeysWithValues: kinds)),
                ]).indentedJSON)
        }
        if counts.isEmpty { return print("Nothing is old enough to be removed.") }
        for line in Self.table(counts).lines(.current) { print(line) }
        print(isDryRun ? "\nThis would be removed; nothing was." : "\nThis was removed.")
    }

    private static func table(_ counts: RemovalCounts) -> Table {
        var table = Table(columns: [.init(title: "Kind"), .init(title: "Count", alignsRight: true)])
        table.rows = RemovedKind.allCases.filter { counts[$0] > 0 }.map { kind in
            [Table.Cell(kind.rawValue, .bold), Table.Cell("\(counts[kind])")]
        }
        return table
    }
}
