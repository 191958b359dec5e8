internal import CGit
internal import Crypto
internal import Glibc

/// A bare copy of one remote repository, and the trees exported from it. All of it runs on a thread of its own.
///
/// ```swift
/// let repository = try await GitRepository(source, folder: "/var/lib/slipstream/bundles/dags")
/// let sync = try await repository.sync { .none }
/// let tree = try await repository.export(sync.commit)
/// ```
package actor GitRepository {
    package nonisolated let source: GitSource
    private let thread: GitThread
    private let exports: ExportFolder
    private let repository: GitObject

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Opens the copy in `folder`, or makes an empty one; talks to no remote.
    package init(_ source: GitSource, folder: String) throws(BundleError) {
        GitLibrary.start()
        _ = try GitLocation(source.url)
        self.source = source
        thread = GitThread(name: "git \(source.name)")
        exports = try ExportFolder(folder + "/exports")
        repository = try GitObject("opening \(folder)", releasedBy: git_repository_free) {
            git_repository_init($0, folder + "/repository.git", 1)
        }
    }

    /// The commit that was accepted last, also before a restart; nil when there was none.
    package func current() -> String? { accepted().map(hexadecimal) }

    /// Asks the remote for the newest commit and fetches it.
    ///
    /// - Parameter credential: asked once per sync.
    /// - Throws: ``BundleError``; what was accepted before stays as it was.
    package nonisolated func sync(
        credential: @Sendable () async throws -> GitCredential = { .none }
    ) async throws -> GitSync {
        let deadline = GitDeadline()
        let timeout = source.timeout
        let watchdog = Task {
            try await Task.sleep(for: .seconds(timeout))
            deadline.expire()
        }
        defer { watchdog.cancel() }
        let credential = try await credential()
        return try await withTaskCancellationHandler {
            try await fetch(credential, deadline)
        } onCancel: {
            deadline.expire()
        }
    }

    /// Uses a commit that a sync held.
    package func accept(_ commit: String) throws(BundleError) {
        guard let id = objectID(commit) else { throw noCommit(commit) }
        try setAccepted(try commitID(id, named: commit))
    }

    /// Copies a commit's tree (its sub-path) into a read-only folder named after the tree, once.
    ///
    /// - Throws: ``BundleError``: `.missing` for an unknown commit or sub-path, `.refused` for a tree that breaks the rules.
    package func export(_ commit: String) throws(BundleError) -> BundleTree {
        let tree = try self.tree(of: commit)
        do {
            let walk = try GitTreeWalk(repository, tree, limits: source.limits)
            let id = hexadecimal(git_tree_id(tree.pointer).pointee)
            let folder = try exports.export(id, walk.items) { (item, path) throws(BundleError) in
                try walk.write(item, to: path)
            }
            return BundleTree(commit: commit, id: id, folder: folder, files: walk.items.map(\.file))
        } catch {
            throw BundleError(error.reason, "bundle \(source.name), commit \(commit.prefix(12)): \(error)")
        }
    }

    /// Removes the exported trees that are in nobody's use.
    ///
    /// - Parameter trees: ids of the trees to keep.
    package func prune(keeping trees: Set<String>) { exports.prune(keeping: trees) }

    // MARK: Fetching

    private func fetch(_ credential: GitCredential, _ deadline: GitDeadline) throws(BundleError) -> GitSync {
        let previous = accepted()
        if case .commit(let wanted) = source.reference, let id = objectID(wanted), hasCommit(id) {
            try setAccepted(id)
            return GitSync(commit: wanted, previous: previous.map(hexadecimal))
        }
        let conversation = try GitConversation(source, credential: credential, deadline: deadline)
        let newest = try conversation.hold { (callbacks) throws(BundleError) in
            try download(&callbacks, credential)
        }
        return try judge(try commitID(newest, named: hexadecimal(newest)), previous)
    }

    private func download(
        _ callbacks: inout git_remote_callbacks, _ credential: GitCredential
    ) throws(BundleError) -> git_oid {
        let remote = try GitObject("reading the URL", releasedBy: git_remote_free) {
            git_remote_create_anonymous($0, repository.pointer, fetchURL)
        }
        var proxy = git_proxy_options()
        git_proxy_options_init(&proxy, UInt32(GIT_PROXY_OPTIONS_VERSION))
        proxy.type = GIT_PROXY_AUTO
        let connected = git_remote_connect(remote.pointer, GIT_DIRECTION_FETCH, &callbacks, &proxy, nil)
        guard connected == 0 else { throw source.failure(connected, presenting: credential) }
        let advertised = advertisement(remote)
        let wanted = try wantedID(advertised)
        if hasObject(wanted) { return wanted }
        var options = git_fetch_options()
        git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
        options.callbacks = callbacks
        options.proxy_opts = proxy
        options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
        options.follow_redirects = GIT_REMOTE_REDIRECT_NONE
        let downloaded = withStrings(refspecs) { git_remote_download(remote.pointer, $0, &options) }
        guard downloaded == 0 else { throw source.failure(downloaded, presenting: credential) }
        return wanted
    }

    private func advertisement(_ remote: GitObject) -> [String: git_oid] {
        var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        guard git_remote_ls(&heads, &count, remote.pointer) == 0, let heads else { return [:] }
        var advertised: [String: git_oid] = [:]
        for index in 0..<count {
            guard let head = heads[index]?.pointee, let name = head.name else { continue }
            advertised[String(cString: name)] = head.oid
        }
        return advertised
    }

    private func wantedID(_ advertised: [String: git_oid]) throws(BundleError) -> git_oid {
        let name: String
        switch source.reference {
        case .branch(let branch): name = "refs/heads/\(branch)"
        case .tag(let tag): name = "refs/tags/\(tag)"
        case .commit(let commit):
            guard let id = objectID(commit) else { throw noCommit(commit) }
            return id
        }
        if let id = advertised[name] { return id }
        let kind = name.hasPrefix("refs/heads/") ? "refs/heads/" : "refs/tags/"
        let others = advertised.keys.compactMap { $0.removing(prefix: kind) }.filter { !$0.hasSuffix("^{}") }.sorted()
        throw BundleError(
            .missing,
            "bundle \(source.name): \(redacted(source.url)) has no \(source.reference); it has "
                + (others.isEmpty ? "none" : others.prefix(8).joined(separator: ", ")) + (others.count > 8 ? ", …" : "")
        )
    }

    private func judge(_ newest: git_oid, _ previous: git_oid?) throws(BundleError) -> GitSync {
        var newest = newest
        guard var previous, git_oid_equal(&newest, &previous) == 0 else {
            try setAccepted(newest)
            return GitSync(commit: hexadecimal(newest), previous: previous.map(hexadecimal))
        }
        let old = hexadecimal(previous), new = hexadecimal(newest)
        let isForward: Bool
        if case .tag = source.reference {
            isForward = false
        } else {
            isForward = git_graph_descendant_of(repository.pointer, &newest, &previous) == 1
        }
        if isForward || source.allowsForcePush {
            try setAccepted(newest)
            return GitSync(commit: new, previous: old)
        }
        let reason =
            "bundle \(source.name): \(source.reference) of \(redacted(source.url)) went from \(old.prefix(12)) to \(new.prefix(12)), "
            + "which does not build on it (a force push?); \(old.prefix(12)) stays in use. "
            + "Accept \(new.prefix(12)), allow force pushes (--allow-force-push), or push a commit on top of \(old.prefix(12))"
        return GitSync(commit: old, previous: old, held: .init(commit: new, reason: reason))
    }

    private var refspecs: [String] {
        switch source.reference {
        case .branch(let name): ["refs/heads/\(name)"]
        case .tag(let name): ["refs/tags/\(name)"]
        case .commit: ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/remotes/origin/tags/*"]
        }
    }

    private var fetchURL: String {
        if case .folder(let path)? = try? GitLocation(source.url) { return path }
        return source.url
    }

    // MARK: Objects

    /// Where the accepted commit is noted: per remote and reference, so that a new configuration starts afresh.
    private var acceptedName: String {
        let remote = hex(SHA256.hash(data: Array(source.url.utf8))).prefix(12)
        return switch source.reference {
        case .branch(let name): "refs/slipstream/\(remote)/branch/\(name)"
        case .tag(let name): "refs/slipstream/\(remote)/tag/\(name)"
        case .commit: "refs/slipstream/\(remote)/commit"
        }
    }

    private func accepted() -> git_oid? {
        var id = git_oid()
        return git_reference_name_to_id(&id, repository.pointer, acceptedName) == 0 ? id : nil
    }

    private func setAccepted(_ id: git_oid) throws(BundleError) {
        var id = id
        _ = try GitObject("noting the commit of bundle \(source.name)", releasedBy: git_reference_free) {
            git_reference_create($0, repository.pointer, acceptedName, &id, 1, "accepted")
        }
    }

    private func hasObject(_ id: git_oid) -> Bool { (try? object(id, GIT_OBJECT_ANY)) != nil }

    private func hasCommit(_ id: git_oid) -> Bool { (try? object(id, GIT_OBJECT_COMMIT)) != nil }

    private func object(_ id: git_oid, _ type: git_object_t) throws(BundleError) -> GitObject {
        var id = id
        return try GitObject("reading \(hexadecimal(id).prefix(12))", releasedBy: git_object_free) {
            git_object_lookup($0, repository.pointer, &id, type)
        }
    }

    /// The commit that an object is or, for an annotated tag, leads to.
    private func commitID(_ id: git_oid, named name: String) throws(BundleError) -> git_oid {
        guard let object = try? object(id, GIT_OBJECT_ANY) else { throw noCommit(name) }
        let commit = try GitObject("finding the commit of \(name.prefix(12))", releasedBy: git_object_free) {
            git_object_peel($0, object.pointer, GIT_OBJECT_COMMIT)
        }
        return git_object_id(commit.pointer).pointee
    }

    private func tree(of commit: String) throws(BundleError) -> GitObject {
        guard let id = objectID(commit), let object = try? object(id, GIT_OBJECT_COMMIT) else { throw noCommit(commit) }
        let root = try GitObject("reading the tree of \(commit.prefix(12))", releasedBy: git_object_free) {
            git_object_peel($0, object.pointer, GIT_OBJECT_TREE)
        }
        let subpath = source.subpath.split(separator: "/").joined(separator: "/")
        if subpath.isEmpty { return root }
        guard
            let entry = try? GitObject(
                "finding \(subpath)", releasedBy: git_tree_entry_free,
                from: {
                    git_tree_entry_bypath($0, root.pointer, subpath)
                }), git_tree_entry_type(entry.pointer) == GIT_OBJECT_TREE
        else {
            throw BundleError(
                .missing, "bundle \(source.name): commit \(commit.prefix(12)) has no folder \(shown(source.subpath))")
        }
        return try GitObject("reading \(subpath)", releasedBy: git_object_free) {
            git_tree_entry_to_object($0, repository.pointer, entry.pointer)
        }
    }

    private func noCommit(_ commit: String) -> BundleError {
        BundleError(
            .missing,
            "bundle \(source.name): \(redacted(source.url)) has no commit \(shown(commit)): give all 40 digits of one on a branch"
        )
    }
}

private func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<git_strarray>) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    var pointers = copies
    return pointers.withUnsafeMutableBufferPointer { buffer in
        var array = git_strarray(strings: buffer.baseAddress, count: buffer.count)
        return body(&array)
    }
}
