internal import CGit
internal import Glibc

/// One conversation with a remote: what libgit2 asks back while it fetches, and what it may learn.
final class GitConversation {
    private let source: GitSource
    private let location: GitLocation
    private let credential: GitCredential
    private let deadline: GitDeadline
    private var wasAsked = false
    /// Why one of the callbacks ended the conversation.
    private var refusal: BundleError?

    init(_ source: GitSource, credential: GitCredential, deadline: GitDeadline) throws(BundleError) {
        self.source = source
        self.credential = credential
        self.deadline = deadline
        location = try GitLocation(source.url)
    }

    /// Runs `body` with callbacks for a remote, and turns what went wrong into a sentence.
    func hold<Result>(
        _ body: (inout git_remote_callbacks) throws(BundleError) -> Result
    ) throws(BundleError) -> Result {
        var callbacks = git_remote_callbacks()
        git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
        callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        callbacks.credentials = { out, _, user, allowed, payload in
            GitConversation.of(payload)?.answer(out, user: user.map { String(cString: $0) }, allowed: allowed) ?? -1
        }
        callbacks.certificate_check = { certificate, valid, _, payload in
            GitConversation.of(payload)?.judge(certificate, isValid: valid == 1) ?? -1
        }
        callbacks.transfer_progress = { progress, payload in
            GitConversation.of(payload)?.note(progress?.pointee) ?? -1
        }
        do {
            return try withExtendedLifetime(self) { () throws(BundleError) in
                switch location {
                case .https:
                    try GitLibrary.withCertificates(source.certificateFile) { () throws(BundleError) in
                        try deadline.run { () throws(BundleError) in try body(&callbacks) }
                    }
                default: try deadline.run { () throws(BundleError) in try body(&callbacks) }
                }
            }
        } catch {
            throw deadline.isExpired ? lateness : refusal ?? error
        }
    }

    private var lateness: BundleError {
        BundleError(
            .unreachable,
            "bundle \(source.name): \(redacted(source.url)) did not finish within \(Int(source.timeout)) s; "
                + "the version in use stays")
    }

    private static func of(_ payload: UnsafeMutableRawPointer?) -> GitConversation? {
        payload.map { Unmanaged<GitConversation>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Callbacks

    private func answer(
        _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?, user: String?, allowed: UInt32
    ) -> CInt {
        if allowed & GIT_CREDENTIAL_USERNAME.rawValue != 0 { return git_credential_username_new(out, sshUser(user)) }
        // Asked again means refused; libgit2 would go on for ever.
        guard !wasAsked else {
            return refuse(.authentication, "refused \(credential): correct the bundle's connection")
        }
        wasAsked = true
        switch credential {
        case .password(let user, let password) where allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0:
            return git_credential_userpass_plaintext_new(out, user, password)
        case .key(_, let file, let passphrase) where allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0:
            guard access(file, R_OK) == 0 else {
                return refuse(.configuration, "needs the key \(file), which cannot be read")
            }
            return git_credential_ssh_key_new(out, sshUser(user), nil, file, passphrase)
        case .none:
            return refuse(.authentication, "asks who we are: give the bundle a connection with a password or key")
        default: return refuse(.authentication, "does not accept \(credential): it wants \(wish(allowed))")
        }
    }

    private func sshUser(_ suggested: String?) -> String {
        if case .key(let user?, _, _) = credential { return user }
        if case .ssh(let user?, _, _) = location { return user }
        return suggested ?? "git"
    }

    private func wish(_ allowed: UInt32) -> String {
        allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0 ? "an ssh key" : "a user and a password or token"
    }

    private func judge(_ certificate: UnsafeMutablePointer<git_cert>?, isValid: Bool) -> CInt {
        if certificate?.pointee.cert_type == GIT_CERT_HOSTKEY_LIBSSH2, case .ssh(_, let host, let port) = location {
            return judge(hostKey(certificate), host: host, port: port)
        }
        return isValid
            ? 0
            : refuse(
                .identity,
                "shows a certificate that is not valid or not signed by \(source.certificateFile ?? "the system's authorities"): "
                    + "set certificate_file to the authority that signs it")
    }

    private func hostKey(_ certificate: UnsafeMutablePointer<git_cert>?) -> [UInt8] {
        guard let certificate else { return [] }
        let key = UnsafeMutableRawPointer(certificate).assumingMemoryBound(to: git_cert_hostkey.self).pointee
        guard key.type.rawValue & GIT_CERT_SSH_RAW.rawValue != 0, let bytes = key.hostkey else { return [] }
        return bytes.withMemoryRebound(to: UInt8.self, capacity: key.hostkey_len) {
            Array(UnsafeBufferPointer(start: $0, count: key.hostkey_len))
        }
    }

    private func judge(_ key: [UInt8], host: String, port: Int) -> CInt {
        guard let file = source.knownHostsFile else {
            return refuse(
                .identity, "has no pinned host key: set known_hosts to a file with the line\n\(line(host, port, key))")
        }
        guard let text = try? Disk.read(file, limit: 8 << 20) else {
            return refuse(.configuration, "needs the known_hosts file \(file), which cannot be read")
        }
        let shown = "the \(KnownHosts.type(of: key)) host key \(KnownHosts.fingerprint(key))"
        let advice = "If that is right, add the line\n\(line(host, port, key))"
        switch KnownHosts(String(decoding: text, as: UTF8.self)).verdict(host: host, port: port, key: key) {
        case .known: return 0
        case .revoked: return refuse(.identity, "shows \(shown), which \(file) marks as revoked: nothing was fetched")
        case .unknown: return refuse(.identity, "shows \(shown), and \(file) has no key of this host. \(advice)")
        case .different(let types):
            return refuse(
                .identity,
                "shows \(shown), but \(file) has another (\(types.joined(separator: ", "))): "
                    + "the host changed, or somebody is in between. \(advice)")
        }
    }

    private func line(_ host: String, _ port: Int, _ key: [UInt8]) -> String {
        KnownHosts.line(host: host, port: port, key: key)
    }

    private func note(_ progress: git_indexer_progress?) -> CInt {
        if deadline.isExpired { return -1 }
        guard let progress, Int64(progress.received_bytes) > source.limits.fetchBytes else { return 0 }
        return refuse(.refused, "sends more than the \(source.limits.fetchBytes) bytes that one fetch may have")
    }

    private func refuse(_ reason: BundleError.Reason, _ what: String) -> CInt {
        refusal = BundleError(reason, "bundle \(source.name): \(redacted(source.url)) \(what)")
        git_error_set_str(CInt(GIT_ERROR_CALLBACK.rawValue), "refused")
        return GIT_EUSER.rawValue
    }
}

extension GitSource {
    /// The failure that a return code of libgit2 stands for.
    func failure(_ code: CInt, presenting credential: GitCredential) -> BundleError {
        let message = GitLibrary.lastMessage()
        let remote = redacted(url)
        if code == GIT_EAUTH.rawValue || message.contains("authentication") || message.contains("401") {
            return BundleError(
                .authentication,
                "bundle \(name): \(remote) refused \(credential) (\(message)); correct the bundle's connection")
        }
        return BundleError(
            .unreachable,
            "bundle \(name): \(remote) cannot be fetched: \(message); the version in use stays until it can be")
    }
}
