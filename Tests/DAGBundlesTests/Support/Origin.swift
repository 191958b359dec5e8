import DAGBundles
import Foundation
import Testing

/// A git repository that people push to, and the working copy that they push from.
struct Origin {
    let scratch: Scratch
    var url: String { scratch.path + "/origin.git" }
    private var work: String { scratch.path + "/work" }

    init() throws {
        scratch = try Scratch()
        try DAGBundlesTests.run("git", ["init", "--quiet", "--bare", "--initial-branch=main", url])
        try DAGBundlesTests.run("git", ["init", "--quiet", "--initial-branch=main", work])
        try git("remote", "add", "origin", url)
    }

    @discardableResult
    func git(_ arguments: String..., input: Data = Data()) throws -> String {
        let identity = ["GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": "/dev/null"]
            .merging(["GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"]) { $1 }
        return try DAGBundlesTests.run("git", arguments, in: work, input: input, environment: identity)
    }

    /// Commits some files and pushes them; returns the commit.
    @discardableResult
    func push(_ files: [String: String], branch: String = "main", force: Bool = false) throws -> String {
        for (name, content) in files { try scratch.write("work/" + name, content) }
        try git("add", "--all", "--force")
        try git("commit", "--quiet", "--allow-empty", "--message", "change")
        try git("push", "--quiet", force ? "--force" : "--no-force", "origin", "HEAD:refs/heads/\(branch)")
        return try git("rev-parse", "HEAD")
    }

    /// Pushes a commit with one tree made by hand: lines as `git mktree` reads them.
    @discardableResult
    func push(tree: String) throws -> String {
        try pushTree(git("mktree", "--missing", input: Data(tree.utf8)))
    }

    @discardableResult
    func pushTree(_ tree: String) throws -> String {
        let commit = try git("commit-tree", tree, "-m", "by hand")
        try git("push", "--quiet", "--force", "origin", "\(commit):refs/heads/main")
        return commit
    }

    func blob(_ content: String) throws -> String {
        try git("hash-object", "-w", "--stdin", input: Data(content.utf8))
    }

    func repository(
        _ reference: GitSource.Reference = .branch("main"), subpath: String = "", allowsForcePush: Bool = false,
        limits: BundleLimits = BundleLimits()
    ) throws -> GitRepository {
        try GitRepository(
            GitSource(
                name: "dags", url: url, reference: reference, subpath: subpath, allowsForcePush: allowsForcePush,
                limits: limits),
            folder: scratch.path + "/data")
    }
}

/// The error that an operation fails with.
func failure(_ body: () async throws -> some Sendable) async -> BundleError? {
    do {
        _ = try await body()
        return nil
    } catch { return error as? BundleError }
}
