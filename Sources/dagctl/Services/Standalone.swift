import ArgumentParser
import DAGModel
import Foundation
import Logging
import Postgres
import Scheduler
import ServiceLifecycle
import Store
import Supervision
import WebAPI

/// `dagctl standalone`: everything on one machine, with one command.
struct Standalone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run everything on this machine: PostgreSQL, scheduler, worker and API.",
        discussion: """
            Starts a private PostgreSQL in the data folder (or uses SLIPSTREAM_DATABASE_URL), the scheduler, a worker and the API, \
            and follows DAGs from a git repository or a folder. Stop it with Ctrl-C.

            Example: dagctl standalone --git https://git.example/team/dags.git --branch main
            Example: dagctl standalone --bundle dags
            """)

    @Option(name: .customLong("data"), help: "The data folder. Defaults to SLIPSTREAM_DATA or ~/.local/share/slipstream.")
    var dataFolder: String?

    @Option(help: "A git repository with DAG files: a path, an https or an ssh address.")
    var git: String?

    @Option(help: "The branch to follow.")
    var branch = "main"

    @Option(help: "The folder within the repository that holds the DAG files. Defaults to all of it.")
    var subfolder = ""

    @Option(name: .customLong("poll"), help: "Seconds between two looks at the repository.")
    var pollSeconds = 5

    @Option(help: "A folder with DAG files instead of a repository: saved files are picked up at once.")
    var bundle: String?

    @Option(help: "The port of the API on this machine.")
    var port = 8793

    @Option(help: "Tasks that run at once. Defaults to the number of processors.")
    var slots: Int?

    @Flag(name: .customLong("no-jail"), help: "Compile DAG files without a jail, where the system allows none.")
    var withoutJail = false

    func run() async throws {
        let folder = dataFolder.map { DataFolder(path: DataFolder.absolute($0)) } ?? .usual()
        try folder.create()
        let lock = try FolderLock(folder)
        defer { withExtendedLifetime(lock) {} }
        let log = ServiceLog.make("standalone")
        let assembly = try await StandaloneAssembly(self, folder: folder, log: log)
        try await assembly.run()
    }
}
