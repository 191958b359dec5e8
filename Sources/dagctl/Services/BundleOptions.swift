import ArgumentParser
import DAGBundles
import Foundation
import Logging
import Scheduler
import Supervision

/// Where DAGs come from.
struct BundleOptions: ParsableArguments {
    @Option(help: "A git repository with DAG files: a path, an https or an ssh address.")
    var git: String?

    @Option(help: "The branch to follow.")
    var branch = "main"

    @Option(help: "The folder within the repository that holds the DAG files. Defaults to all of it.")
    var subfolder = ""

    @Option(help: "The private key for an ssh address.")
    var gitKey: String?

    @Option(help: "The file with the host keys that an ssh address may have.")
    var gitKnownHosts: String?

    @Option(help: "Seconds between two looks at the repository. A push to one on this machine is seen at once.")
    var poll = 5

    @Flag(help: "Follow the branch also when its history was rewritten.")
    var allowForcePush = false

    @Option(help: "A folder with DAG files instead of a repository: saved files are picked up at once.")
    var bundle: String?

    @Flag(name: .customLong("no-jail"), help: "Compile DAG files without a jail, where the system allows none.")
    var withoutJail = false

    func validate() throws {
        if git != nil, bundle != nil { throw ValidationError("--git and --bundle exclude each other") }
        if poll < 1 { throw ValidationError("--poll: must be at least 1, is \(poll)") }
    }

    /// The service that follows the bundle; nil when none is named.
    func service(_ parts: ServiceParts) async throws -> BundleService? {
        guard git != nil || bundle != nil else { return nil }
        let folder = DataFolder(path: parts.folder.file("bundles"))
        try folder.create()
        let installation = Installation.current
        let artifacts = try FolderArtifactStore(folder.file("store"))
        let builder = try BundleBuilder(
            jail: try await Jail(on: parts.loop, noJail: withoutJail),
            toolchain: try Toolchain(
                modules: installation.modules, library: installation.library, runner: installation.runner),
            store: artifacts, folder: folder.file("build"))
        var options = BundleService.Options(
            name: "dags", source: git.map(redacted) ?? bundle ?? "", memory: folder.file("last.json"),
            leader: parts.name)
        options.poll = .seconds(poll)
        let service = BundleService(
            options, trees: try trees(folder), builder: builder, artifacts: artifacts, store: parts.store,
            log: ServiceLog.make("bundles"))
        if let bundle { try await watch(DataFolder.absolute(bundle), after: .milliseconds(100), service, parts.loop) }
        if let refs = git.flatMap(Self.localReferences) {
            // A repository that is made later is only polled.
            try? await watch(refs, after: .zero, service, parts.loop)
        }
        return service
    }

    private func trees(_ folder: DataFolder) throws -> any BundleTrees {
        guard let git else {
            return FolderTrees(try WorkingCopy(DataFolder.absolute(bundle ?? "."), exports: folder.file("copies")))
        }
        let source = GitSource(
            name: "dags", url: git, reference: .branch(branch), subpath: subfolder, allowsForcePush: allowForcePush,
            knownHostsFile: gitKnownHosts)
        let credential = gitKey.map { GitCredential.key(user: nil, file: $0, passphrase: nil) } ?? .none
        return GitTrees(try GitRepository(source, folder: folder.file("dags"))) { credential }
    }

    /// The folder that a push to a repository on this machine changes; nil for any other repository.
    private static func localReferences(of git: String) -> String? {
        guard case .folder(let path)? = try? GitLocation(git) else { return nil }
        return [path + "/refs", path + "/.git/refs"].first { access($0, F_OK) == 0 }
    }

    /// What was saved, or pushed, is picked up as soon as the folder has been quiet for a moment.
    private func watch(_ folder: String, after pause: Duration, _ service: BundleService, _ loop: EventLoop)
        async throws
    {
        try await loop.run {
            _ = try FolderWatcher(folder, ignoring: [".git", ".build"], on: loop) { _ in
                loop.schedule(after: pause) { service.syncNow() }
            }
        }
    }
}
