import DAGBundles
import Foundation
import Testing

struct KnownHostsTests {
    private let key = Array("\0\0\0\u{b}ssh-ed25519 and more".utf8)
    private var encoded: String { Data(key).base64EncodedString() }

    private func verdict(_ text: String, host: String = "git.example.org", port: Int = 22) -> KnownHosts.Verdict {
        KnownHosts(text).verdict(host: host, port: port, key: key)
    }

    @Test(arguments: [
        "git.example.org", "GIT.example.org", "a,git.example.org", "*.example.org", "g?t.*", "*", "*.org,!x.org",
    ])
    func `names that match`(names: String) { #expect(verdict("\(names) ssh-ed25519 \(encoded) comment") == .known) }

    @Test(arguments: [
        "example.org", "*.org,!git.example.org", "[git.example.org]:2222", "git.example.orgs", "?", "",
        "# git.example.org",
    ])
    func `names that do not`(names: String) { #expect(verdict("\(names) ssh-ed25519 \(encoded)") == .unknown) }

    @Test func `ports other than 22 are part of the name`() {
        #expect(verdict("[git.example.org]:2222 ssh-ed25519 \(encoded)", port: 2222) == .known)
        #expect(verdict("git.example.org ssh-ed25519 \(encoded)", port: 2222) == .unknown)
        #expect(KnownHosts.line(host: "h", port: 2222, key: key) == "[h]:2222 ssh-ed25519 \(encoded)")
    }

    @Test func `another key, a revoked key, an authority`() {
        #expect(verdict("git.example.org ssh-rsa AAAA") == .different(types: ["ssh-rsa"]))
        #expect(verdict("git.example.org ssh-ed25519 \(encoded)\n@revoked * ssh-ed25519 \(encoded)") == .revoked)
        #expect(verdict("@cert-authority * ssh-ed25519 \(encoded)") == .unknown)
    }

    @Test func `hashed names, as ssh-keygen -H writes them`() throws {
        let scratch = try Scratch()
        let pair = scratch.path + "/key"
        try run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", pair])
        let words = try scratch.read("key.pub").split(separator: " ")
        let file = try scratch.write("known_hosts", "git.example.org \(words[0]) \(words[1])\n")
        try run("ssh-keygen", ["-H", "-f", file])
        let hashed = try scratch.read("known_hosts")
        #expect(hashed.hasPrefix("|1|"))
        let raw = [UInt8](try #require(Data(base64Encoded: String(words[1]))))
        #expect(KnownHosts(hashed).verdict(host: "git.example.org", port: 22, key: raw) == .known)
        #expect(KnownHosts(hashed).verdict(host: "other.example.org", port: 22, key: raw) == .unknown)
        let fingerprint = try run("ssh-keygen", ["-l", "-f", pair + ".pub"]).split(separator: " ")[1]
        #expect(KnownHosts.fingerprint(raw) == fingerprint)
    }
}
