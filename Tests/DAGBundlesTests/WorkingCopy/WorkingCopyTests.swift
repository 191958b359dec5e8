import DAGBundles
import Foundation
import Testing

struct WorkingCopyTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.write("bundle/a.swift", "one")
        try scratch.write("bundle/jobs/run.sh", "echo", executable: true)
    }

    private func snapshot(limits: BundleLimits = BundleLimits()) throws -> BundleTree {
        try WorkingCopy(scratch.path + "/bundle", exports: scratch.path + "/exports", limits: limits).snapshot()
    }

    @Test func `a snapshot changes with the content, and only with it`() throws {
        let first = try snapshot()
        #expect(first.files.map(\.path) == ["a.swift", "jobs/run.sh"] && first.files[1].isExecutable)
        try scratch.write("bundle/.hidden/x", "x")
        try scratch.write("bundle/a.swift", "one")
        #expect(try snapshot() == first)
        try scratch.write("bundle/a.swift", "two")
        let second = try snapshot()
        #expect(second.id != first.id)
        #expect(try String(contentsOfFile: first.folder + "/a.swift", encoding: .utf8) == "one")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: scratch.path + "/bundle/a.swift")
        #expect(try snapshot().id != second.id)
    }

    @Test(arguments: ["/etc/passwd", "../outside", "jobs"])
    func `links out of the folder are refused`(target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/bundle/link", withDestinationPath: target)
        #expect(throws: BundleError.self) { try snapshot() }
    }

    @Test func `pipes, too much and nothing are refused`() throws {
        #expect(throws: BundleError.self) { try snapshot(limits: BundleLimits(files: 1)) }
        #expect(throws: BundleError.self) { try snapshot(limits: BundleLimits(bytes: 6)) }
        mkfifo(scratch.path + "/bundle/pipe", 0o600)
        #expect(throws: BundleError.self) { try snapshot() }
        try FileManager.default.removeItem(atPath: scratch.path + "/bundle")
        #expect(throws: BundleError.self) { try snapshot() }
    }
}
