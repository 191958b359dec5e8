import DAGBundles
import Foundation
import Testing

struct GitTreeTests {
    let origin: Origin

    init() throws { origin = try Origin() }

    private func export(_ commit: String, limits: BundleLimits = BundleLimits()) async throws -> BundleTree {
        let repository = try origin.repository(limits: limits)
        _ = try await repository.sync()
        return try await repository.export(commit)
    }

    @Test func `an export is read-only and keeps the executable bit`() async throws {
        try origin.scratch.write("work/run.sh", "echo", executable: true)
        let tree = try await export(origin.push(["folder/a.txt": "x"]))
        #expect(tree.files.map(\.isExecutable) == [false, true])
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(try mode(tree.folder) == 0o555)
        #expect(try mode(tree.folder + "/folder") == 0o555)
        #expect(try mode(tree.folder + "/folder/a.txt") == 0o444)
        #expect(try mode(tree.folder + "/run.sh") == 0o555)
    }

    @Test func `equal trees are exported once`() async throws {
        let first = try await export(origin.push(["a": "1"]))
        let before = try FileManager.default.attributesOfItem(atPath: first.folder)[.systemFileNumber] as? Int
        let second = try await export(origin.push([:]))
        #expect(first.folder == second.folder && first.commit != second.commit)
        #expect(try FileManager.default.attributesOfItem(atPath: second.folder)[.systemFileNumber] as? Int == before)
    }

    @Test func `unused exports are pruned`() async throws {
        let first = try await export(origin.push(["a/b": "1"]))
        let second = try await export(origin.push(["a/b": "2"]))
        let repository = try origin.repository()
        await repository.prune(keeping: [second.id])
        #expect(!FileManager.default.fileExists(atPath: first.folder))
        #expect(FileManager.default.fileExists(atPath: second.folder + "/a/b"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: origin.scratch.path + "/data/exports").count == 1)
    }

    @Test func `what an interrupted export left is removed at the next start`() async throws {
        _ = try await export(origin.push(["a": "1"]))
        try origin.scratch.write("data/exports/0123.tmp-1-abc/a", "half")
        _ = try origin.repository()
        #expect(!origin.scratch.exists("data/exports/0123.tmp-1-abc"))
    }

    @Test func `a link to a file of the bundle becomes a copy`() async throws {
        try origin.scratch.write("work/lib/run.sh", "echo", executable: true)
        try FileManager.default.createSymbolicLink(
            atPath: origin.scratch.path + "/work/start", withDestinationPath: "./lib/../lib/run.sh")
        let tree = try await export(origin.push([:]))
        let values = try URL(fileURLWithPath: tree.folder + "/start").resourceValues(forKeys: [.isSymbolicLinkKey])
        #expect(values.isSymbolicLink == false)
        #expect(try String(contentsOfFile: tree.folder + "/start", encoding: .utf8) == "echo")
        #expect(tree.files.first { $0.path == "start" }?.isExecutable == true)
    }

    @Test(arguments: [
        "/etc/passwd", "../outside", "lib/../../outside", "lib", "nowhere", "link", "other/a", "",
        "lib/run.sh/../../../x",
    ])
    func `links that lead elsewhere are refused`(target: String) async throws {
        let blob = try origin.blob("x"), link = try origin.blob(target), other = try origin.blob("lib")
        let lib = try origin.git("mktree", input: Data("100644 blob \(blob)\ta\n".utf8))
        let commit = try origin.push(
            tree: "040000 tree \(lib)\tlib\n120000 blob \(link)\tlink\n120000 blob \(other)\tother\n")
        let error = await failure { try await export(commit) }
        #expect(error?.reason == .refused)
        #expect(error?.description.contains("symbolic link") == true)
    }

    @Test(arguments: ["..", ".", ".git", ".GIT", "git~1", "a\u{1}b", "a\u{202E}b", "a\u{7f}"])
    func `names that a bundle may not hold are refused`(name: String) async throws {
        let blob = try origin.blob("x")
        let commit = try pushRaw([(mode: "100644", name: Data(name.utf8), id: blob)])
        let error = await failure { try await export(commit) }
        #expect(error?.reason == .refused)
        #expect(error?.description.contains("has a name that a bundle may not hold") == true)
        #expect(error?.description.unicodeScalars.contains { $0.properties.generalCategory == .control } == false)
    }

    @Test(arguments: [Data("../../escaped".utf8), Data("a/b".utf8), Data([0x61, 0xFF, 0x62])])
    func `names with slashes or invalid bytes are refused`(name: Data) async throws {
        let commit = try pushRaw([(mode: "100644", name: name, id: origin.blob("x"))])
        #expect(await failure { try await export(commit) }?.reason == .refused)
        #expect(!origin.scratch.exists("escaped") && !origin.scratch.exists("data/escaped"))
    }

    @Test func `a folder with a hostile name is refused`() async throws {
        let inner = try origin.git("mktree", input: Data("100644 blob \(origin.blob("x"))\tescaped\n".utf8))
        let commit = try pushRaw([(mode: "40000", name: Data("..".utf8), id: inner)])
        #expect(await failure { try await export(commit) }?.reason == .refused)
        #expect(!origin.scratch.exists("data/exports/escaped"))
    }

    @Test func `a submodule is refused`() async throws {
        let commit = try origin.push(["a": "1"])
        let tree = try origin.push(tree: "160000 commit \(commit)\tvendor\n")
        let error = await failure { try await export(tree) }
        #expect(error?.description.contains("\"vendor\" is a git submodule") == true)
    }

    @Test func `too many files, too many bytes and too large a file are refused`() async throws {
        let commit = try origin.push(["a": "12345", "b": "12345", "c": "12345"])
        for limits in [BundleLimits(files: 2), BundleLimits(bytes: 14), BundleLimits(fileBytes: 4)] {
            #expect(await failure { try await export(commit, limits: limits) }?.reason == .refused)
        }
        #expect(try await export(commit, limits: BundleLimits(files: 3, bytes: 15, fileBytes: 5)).files.count == 3)
    }

    @Test func `a small repository that unfolds to many folders is refused`() async throws {
        var tree = try origin.git("mktree", input: Data("100644 blob \(origin.blob("x"))\ta\n".utf8))
        for _ in 0..<12 {
            let lines = (0..<10).map { "040000 tree \(tree)\tf\($0)\n" }.joined()
            tree = try origin.git("mktree", input: Data(lines.utf8))
        }
        let commit = try origin.pushTree(tree)
        #expect(await failure { try await export(commit) }?.reason == .refused)
    }

    private func pushRaw(_ entries: [(mode: String, name: Data, id: String)]) throws -> String {
        var tree = Data()
        for entry in entries {
            tree += Data((entry.mode + " ").utf8) + entry.name + [0]
            tree += stride(from: 0, to: 40, by: 2).compactMap { index in
                UInt8(entry.id.dropFirst(index).prefix(2), radix: 16)
            }
        }
        let id = try origin.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", input: tree)
        return try origin.pushTree(id)
    }
}
