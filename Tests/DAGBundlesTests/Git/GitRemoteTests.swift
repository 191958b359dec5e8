import DAGBundles
import Foundation
import Testing

/// Real servers: sshd, and `git http-backend` behind TLS with an authority of its own.
struct GitRemoteTests {
    let origin: Origin
    let commit: String
    private let servers = Servers()

    init() throws {
        origin = try Origin()
        commit = try origin.push(["a.swift": "one"])
    }

    private var scratch: Scratch { origin.scratch }

    private func repository(
        _ url: String, knownHosts: String? = nil, certificates: String? = nil
    ) throws -> GitRepository {
        try GitRepository(
            GitSource(name: "dags", url: url, knownHostsFile: knownHosts, certificateFile: certificates, timeout: 60),
            folder: scratch.path + "/data-" + UUID().uuidString)
    }

    // MARK: ssh

    private func keyPair(_ name: String, type: String = "ed25519") throws -> String {
        let file = scratch.path + "/" + name
        try run("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "test", "-f", file])
        return file
    }

    /// Starts sshd with a fresh host key that lets the key in; returns its URL of the origin, and the line to pin.
    private func startSSH(user key: String) throws -> (url: String, line: String) {
        let host = try keyPair("host_key", type: "ecdsa")
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        try scratch.write("authorized_keys", try scratch.read((key as NSString).lastPathComponent + ".pub"))
        let config = try scratch.write(
            "sshd_config",
            """
            HostKey \(host)
            AuthorizedKeysFile \(scratch.path)/authorized_keys
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PidFile none
            SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*
            """)
        let port = try servers.start("ssh_server.py", [config])
        let words = try scratch.read("host_key.pub").split(separator: " ")
        return (
            "ssh://\(NSUserName())@127.0.0.1:\(port)\(origin.url)",
            "[127.0.0.1]:\(port) \(words[0]) \(words[1])"
        )
    }

    @Test func `ssh with a key and a pinned host`() async throws {
        let key = try keyPair("user_key")
        let ssh = try startSSH(user: key)
        let pinned = try scratch.write("known_hosts", "# pinned\n\(ssh.line)\n")
        let repository = try repository(ssh.url, knownHosts: pinned)
        #expect(try await repository.sync { .key(user: nil, file: key, passphrase: nil) }.commit == commit)
        let next = try origin.push(["a.swift": "two"])
        #expect(try await repository.sync { .key(user: nil, file: key, passphrase: nil) }.commit == next)
    }

    @Test func `an unknown ssh host is refused with the line to add`() async throws {
        let key = try keyPair("user_key")
        let ssh = try startSSH(user: key)
        let empty = try scratch.write("known_hosts", "")
        for file in [empty, nil] {
            let repository = try repository(ssh.url, knownHosts: file)
            let error = await failure { try await repository.sync { .key(user: nil, file: key, passphrase: nil) } }
            #expect(error?.reason == .identity)
            #expect(error?.description.contains(ssh.line) == true, "\(error as Any)")
        }
    }

    @Test func `another host key than the pinned one is refused`() async throws {
        let key = try keyPair("user_key")
        let ssh = try startSSH(user: key)
        let other = try keyPair("other_key", type: "ecdsa")
        let words = try scratch.read((other as NSString).lastPathComponent + ".pub").split(separator: " ")
        let wrong = try scratch.write("known_hosts", "\(ssh.line.split(separator: " ")[0]) \(words[0]) \(words[1])\n")
        let repository = try repository(ssh.url, knownHosts: wrong)
        let error = await failure { try await repository.sync { .key(user: nil, file: key, passphrase: nil) } }
        #expect(error?.reason == .identity)
        #expect(error?.description.contains("somebody is in between") == true)
    }

    @Test func `a key that the host does not know is refused`() async throws {
        let ssh = try startSSH(user: keyPair("user_key"))
        let stranger = try keyPair("stranger_key")
        let pinned = try scratch.write("known_hosts", ssh.line + "\n")
        let repository = try repository(ssh.url, knownHosts: pinned)
        let refused = await failure { try await repository.sync { .key(user: nil, file: stranger, passphrase: nil) } }
        #expect(refused?.reason == .authentication)
        let none = await failure { try await repository.sync() }
        #expect(none?.reason == .authentication, "\(none as Any)")
    }

    // MARK: https

    private func startHTTPS(secret: String? = nil) throws -> (url: String, authority: String) {
        try authority("ca")
        try run(
            "openssl",
            [
                "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key", "-out",
                "server.csr",
            ],
            in: scratch.path)
        try scratch.write("san", "subjectAltName=DNS:localhost,IP:127.0.0.1")
        try run(
            "openssl",
            ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"]
                + ["-extfile", "san", "-out", "server.pem"], in: scratch.path)
        let port = try servers.start(
            "https_server.py",
            [scratch.path, scratch.path + "/server.pem", scratch.path + "/server.key"] + (secret.map { [$0] } ?? []))
        return ("https://localhost:\(port)/origin.git", scratch.path + "/ca.pem")
    }

    private func authority(_ name: String) throws {
        try run(
            "openssl",
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=\(name)", "-days", "2"]
                + ["-keyout", name + ".key", "-out", name + ".pem"], in: scratch.path)
    }

    @Test func `https with a private authority and a password`() async throws {
        let https = try startHTTPS(secret: "me:token-123")
        let repository = try repository(https.url, certificates: https.authority)
        #expect(try await repository.sync { .password(user: "me", password: "token-123") }.commit == commit)
        let wrong = await failure { try await repository.sync { .password(user: "me", password: "wrong-456") } }
        #expect(wrong?.reason == .authentication)
        #expect(wrong?.description.contains("wrong-456") == false && wrong?.description.contains("me") == true)
        #expect(await failure { try await repository.sync() }?.reason == .authentication)
    }

    @Test func `a certificate of an unknown authority is refused`() async throws {
        let https = try startHTTPS()
        try authority("other")
        for certificates in [scratch.path + "/other.pem", nil] {
            let repository = try repository(https.url, certificates: certificates)
            let error = await failure { try await repository.sync() }
            #expect(error?.reason == .identity, "\(error as Any)")
        }
    }

    @Test func `a certificate for another name is refused`() async throws {
        let https = try startHTTPS()
        try scratch.write("san", "subjectAltName=DNS:elsewhere.example")
        try run(
            "openssl",
            ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2"]
                + ["-set_serial", "7", "-extfile", "san", "-out", "wrong.pem"], in: scratch.path)
        let port = try servers.start(
            "https_server.py", [scratch.path, scratch.path + "/wrong.pem", scratch.path + "/server.key"])
        let repository = try repository("https://127.0.0.1:\(port)/origin.git", certificates: https.authority)
        #expect(await failure { try await repository.sync() }?.reason == .identity)
    }

    @Test func `an https remote without the repository, or without a server`() async throws {
        let https = try startHTTPS()
        let missing = try repository(https.url + "x", certificates: https.authority)
        #expect(await failure { try await missing.sync() }?.reason == .unreachable)
        let nobody = try repository("https://localhost:1/a.git", certificates: https.authority)
        #expect(await failure { try await nobody.sync() }?.reason == .unreachable)
    }
}
