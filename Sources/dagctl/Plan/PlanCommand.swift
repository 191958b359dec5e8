import ArgumentParser
import DAGBundles
import DAGModel
import Supervision
import WebAPI

/// `dagctl plan`: what would change if the DAG files of a folder were deployed.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what deploying the DAG files of a folder would change.",
        discussion: """
            Compiles the folder, a working copy or a checked-out commit, and compares it with what the server has: DAGs and tasks that come, \
            change or go, the scheduled runs that are added and dropped, the runs that are not finished, and pools, connections and \
            variables that are missing. Nothing is changed. Ends with 1 when a file does not compile or something is missing.

            Example: dagctl plan
            Example: dagctl plan dags --days 30 -o json
            """)

    @Argument(help: "The folder with the DAG files. Defaults to `dags` or the current folder.")
    var folder: String?

    @Option(help: "The bundle that the folder is deployed to. Defaults to the server's only one.")
    var bundle: String?

    @Option(help: "How far to look at scheduled runs, in days.")
    var days = 7

    @Flag(name: .customLong("no-jail"), help: "Compile without a jail, where the system allows none.")
    var withoutJail = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func validate() throws {
        guard (1...3_660).contains(days) else {
            throw ValidationError("--days: must be between 1 and 3660, is \(days)")
        }
    }

    func run() async throws {
        let client = try await server.connect()
        let deployed = try await deployedDAGs(client)
        let loop = try EventLoop(name: "plan")
        defer { loop.shutdown() }
        let working = try await WorkingBuild(folder ?? WorkingBuild.usualFolder, withoutJail: withoutJail, loop)
        // Most likely the wrong folder: every DAG would be told to go.
        guard !working.build.units.isEmpty || !working.build.errors.isEmpty else {
            throw CommandFailure(.wrongUsage, "\(working.root) has no DAG files: name the folder that is deployed")
        }
        var plan = DeployPlan(errors: working.build.allErrors)
        // A file with an error keeps the version that the server has: it is neither removed nor changed.
        let broken = Set(working.build.units.filter { $0.dag == nil }.map(\.path))
        for unit in working.build.units where unit.errors.isEmpty {
            guard let dag = unit.dag else { continue }
            plan.dags.append(.init(file: unit.path, answer: try await answer(dag, working, client)))
        }
        let kept = Set(working.build.dags.map(\.id))
        for dag in deployed where !kept.contains(dag.id) && !broken.contains(dag.file) {
            let answer = try await client.send(
                "POST", ["dags", dag.id, "plan"], body: .object(["days": .int(Int64(days))]))
            plan.dags.append(.init(file: dag.file, answer: answer))
        }
        plan.show(output.output)
        if plan.hasErrors { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// The DAGs of the bundle that the folder is deployed to.
    private func deployedDAGs(_ client: APIClient) async throws -> [(id: String, file: String)] {
        let bundles = try await client.get(["dagBundles"])["dag_bundles"]?.elements.compactMap {
            $0["name"]?.stringValue
        }
        let names = bundles ?? []
        if let bundle, !names.contains(bundle) {
            throw CommandFailure(
                .notFound, "the server has no bundle \(bundle)\(suggestionText(for: bundle, among: names))")
        }
        guard let name = bundle ?? (names.count == 1 ? names.first : nil) else {
            throw CommandFailure(
                .wrongUsage,
                "the server has \(names.count) bundles (\(names.joined(separator: ", "))): choose with --bundle")
        }
        return try await client.all(["dags"], "dags", [("bundle_name", name)]).compactMap { dag in
            dag["dag_id"]?.stringValue.map { ($0, Format.text(dag["relative_fileloc"] ?? dag["fileloc"])) }
        }
    }

    private func answer(_ dag: DAGVersion, _ working: WorkingBuild, _ client: APIClient) async throws -> JSONValue {
        var body: [String: JSONValue] = [
            "days": .int(Int64(days)), "document": try JSONValue(encoding: dag.description.document),
        ]
        body["artifact"] = try working.store.get(dag.artifact).map { .string(sha256($0)) }
        body["files"] = .string(try await HelperArchive.pack(dag.helpers, from: working.store).map(sha256) ?? "")
        return try await client.send("POST", ["dags", dag.id, "plan"], body: .object(body))
    }
}
