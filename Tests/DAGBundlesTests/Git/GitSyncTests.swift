import DAGBundles
import Foundation
import Testing

struct GitSyncTests {
    let origin: Origin

    init() throws { origin = try Origin() }

    @Test func `a push is seen, and its files are exported`() async throws {
        let first = try origin.push(["a.swift": "one", "jobs/run.sh": "echo"])
        let repository = try origin.repository()
        #expect(await repository.current() == nil)
        let sync = try await repository.sync()
        #expect(sync.commit == first)
        #expect(sync.previous == nil && sync.isNew && sync.held == nil)

        let tree = try await repository.export(sync.commit)
        #expect(tree.files.map(\.path) == ["a.swift", "jobs/run.sh"])
        #expect(try String(contentsOfFile: tree.folder + "/jobs/run.sh", encoding: .utf8) == "echo")
        #expect(await repository.current() == first)

        let second = try origin.push(["a.swift": "two"])
        let next = try await repository.sync()
        #expect(next.commit == second && next.previous == first && next.held == nil)
        #expect(try await !repository.sync().isNew)
    }

    @Test func `the accepted commit outlives a restart`() async throws {
        let commit = try origin.push(["a.swift": "one"])
        _ = try await origin.repository().sync()
        #expect(try await origin.repository().current() == commit)
    }

    @Test func `a sub-path is the bundle`() async throws {
        let commit = try origin.push(["dags/a.swift": "one", "other/b.swift": "two"])
        let repository = try origin.repository(subpath: "dags/")
        _ = try await repository.sync()
        #expect(try await repository.export(commit).files.map(\.path) == ["a.swift"])
    }

    @Test func `a sub-path that does not exist is named`() async throws {
        let commit = try origin.push(["a.swift": "one"])
        let repository = try origin.repository(subpath: "nowhere")
        _ = try await repository.sync()
        let error = await failure { try await repository.export(commit) }
        #expect(error?.reason == .missing)
        #expect(error?.description.contains("no folder \"nowhere\"") == true)
    }

    @Test(arguments: [false, true])
    func `a tag can be followed`(isAnnotated: Bool) async throws {
        let commit = try origin.push(["a.swift": "one"])
        if isAnnotated { try origin.git("tag", "-a", "v1", "-m", "one") } else { try origin.git("tag", "v1") }
        try origin.git("push", "--quiet", "origin", "v1")
        try origin.push(["a.swift": "two"])
        #expect(try await origin.repository(.tag("v1")).sync().commit == commit)
    }

    @Test func `a commit can be pinned`() async throws {
        let commit = try origin.push(["a.swift": "one"])
        try origin.push(["a.swift": "two"])
        let repository = try origin.repository(.commit(commit))
        #expect(try await repository.sync().commit == commit)
        #expect(try await repository.sync().commit == commit)
        let missing = try origin.repository(.commit(String(repeating: "1", count: 40)))
        #expect(await failure { try await missing.sync() }?.reason == .missing)
    }

    @Test func `a moved tag is held`() async throws {
        let old = try origin.push(["a.swift": "one"])
        try origin.git("tag", "v1")
        try origin.git("push", "--quiet", "origin", "v1")
        let repository = try origin.repository(.tag("v1"))
        _ = try await repository.sync()
        let new = try origin.push(["a.swift": "two"])
        try origin.git("tag", "--force", "v1")
        try origin.git("push", "--quiet", "--force", "origin", "v1")
        let sync = try await repository.sync()
        #expect(sync.commit == old && sync.held?.commit == new)
    }

    @Test func `a force push is held until it is accepted`() async throws {
        try origin.push(["a.swift": "one"])
        let old = try origin.push(["a.swift": "two"])
        let repository = try origin.repository()
        _ = try await repository.sync()
        try origin.git("reset", "--quiet", "--hard", "HEAD~1")
        let new = try origin.push(["a.swift": "three"], force: true)

        let sync = try await repository.sync()
        #expect(sync.commit == old && !sync.isNew)
        let held = try #require(sync.held)
        #expect(held.commit == new)
        #expect(held.reason.contains(old.prefix(12)) && held.reason.contains(new.prefix(12)))

        try await repository.accept(new)
        #expect(try await repository.sync().commit == new)
    }

    @Test func `going back to an older commit is held`() async throws {
        let old = try origin.push(["a.swift": "one"])
        let new = try origin.push(["a.swift": "two"])
        let repository = try origin.repository()
        _ = try await repository.sync()
        try origin.git("push", "--quiet", "--force", "origin", "\(old):main")
        #expect(try await repository.sync().held?.commit == old)
        #expect(await repository.current() == new)
    }

    @Test func `a force push is followed where that is allowed`() async throws {
        try origin.push(["a.swift": "one"])
        try origin.push(["a.swift": "two"])
        let repository = try origin.repository(allowsForcePush: true)
        _ = try await repository.sync()
        try origin.git("reset", "--quiet", "--hard", "HEAD~1")
        let new = try origin.push(["a.swift": "three"], force: true)
        let sync = try await repository.sync()
        #expect(sync.commit == new && sync.held == nil)
    }

    @Test func `a missing branch is reported with those that exist`() async throws {
        try origin.push(["a.swift": "one"])
        try origin.push([:], branch: "dev")
        let repository = try origin.repository(.branch("prod"))
        let error = await failure { try await repository.sync() }
        #expect(error?.reason == .missing)
        #expect(error?.description.hasSuffix("has no branch prod; it has dev, main") == true)
    }

    @Test func `a remote that is gone leaves the last commit in use`() async throws {
        let commit = try origin.push(["a.swift": "one"])
        let repository = try origin.repository()
        _ = try await repository.sync()
        try FileManager.default.moveItem(atPath: origin.url, toPath: origin.url + ".away")
        let error = await failure { try await repository.sync() }
        #expect(error?.reason == .unreachable)
        #expect(error?.description.contains("the version in use stays") == true)
        #expect(await repository.current() == commit)
        #expect(try await repository.export(commit).files.count == 1)
    }

    @Test func `an empty remote has no branch`() async throws {
        let repository = try origin.repository()
        #expect(await failure { try await repository.sync() }?.description.hasSuffix("it has none") == true)
    }

    @Test(arguments: [
        "http://example.org/a.git", "git://example.org/a.git", "relative/path", "ext::sh -c id", "",
        "https://user:secret@example.org/a.git", "https:///a.git",
    ])
    func `other URLs are refused without showing a secret`(url: String) async throws {
        let error = await failure { try GitRepository(GitSource(name: "dags", url: url), folder: origin.scratch.path) }
        #expect(error?.reason == .configuration)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func `URLs are shown without user and password`() {
        #expect(redacted("https://me:pw@example.org/a@b.git") == "https://example.org/a@b.git")
        #expect(redacted("ssh://git@example.org:22/a") == "ssh://example.org:22/a")
        #expect(redacted("git@example.org:a/b.git") == "example.org:a/b.git")
        #expect(redacted("/srv/a@b.git") == "/srv/a@b.git")
    }

    @Test func `a remote that stays silent is given up`() async throws {
        let servers = Servers()
        defer { withExtendedLifetime(servers) {} }
        let port = try servers.start("silent_server.py")
        let source = GitSource(name: "dags", url: "https://127.0.0.1:\(port)/a.git", timeout: 0.3)
        let repository = try GitRepository(source, folder: origin.scratch.path + "/data")
        let error = await failure { try await repository.sync() }
        #expect(error?.reason == .unreachable)
        #expect(error?.description.contains("did not finish within") == true)
    }
}
