import ArgumentParser
import Foundation
import Logging

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

    @OptionGroup var services: ServiceOptions

    @OptionGroup var bundle: BundleOptions

    @OptionGroup var large: LargeOutputOptions

    @Option(help: "The port of the API on this machine.")
    var port = 8793

    @Option(help: "Tasks that run at once. Defaults to the number of processors.")
    var slots: Int?

    func validate() throws {
        if let slots, slots < 1 { throw ValidationError("--slots: must be at least 1, is \(slots)") }
        guard (0...65_535).contains(port) else { throw ValidationError("--port: must be 0 to 65535, is \(port)") }
    }

    func run() async throws {
        let folder = services.folder
        try folder.create()
        let lock = try FolderLock(folder)
        defer { withExtendedLifetime(lock) {} }
        let assembly = try await StandaloneAssembly(self, folder: folder, log: ServiceLog.make("standalone"))
        try await assembly.run()
    }
}
