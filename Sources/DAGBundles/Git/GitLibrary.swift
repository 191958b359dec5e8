internal import CGit
internal import Glibc
internal import Synchronization

/// libgit2 as a whole: started once per process, and deaf to the configuration files of the account it runs in.
enum GitLibrary {
    /// Starts the library; later calls cost nothing.
    static func start() { _ = started }

    private static let started: Bool = {
        // libgit2's ssh refuses to work without it.
        setenv("HOME", "/nonexistent", 0)
        git_libgit2_init()
        // A user's git configuration could rewrite URLs and name proxies.
        for level in [
            GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA,
        ] {
            _ = cgit_set_search_path(level.rawValue, "/nonexistent")
        }
        // Bare repositories often belong to another account (`git`). libgit2 runs neither hooks nor programs named in one.
        _ = cgit_set_owner_validation(0)
        GitSocket.register()
        return true
    }()

    /// libgit2's mbedTLS has one configuration and one random generator, without a lock: https remotes are asked one after the other.
    private static let https = Mutex<String?>(nil)

    /// Runs `body` while `certificates` are those that may sign an https remote.
    static func withCertificates<Result>(
        _ file: String?, _ body: () throws(BundleError) -> Result
    ) throws(BundleError) -> Result {
        let wanted = file ?? systemCertificates
        return try https.withLock { (current) throws(BundleError) in
            if current != wanted, let wanted {
                guard cgit_set_certificate_file(wanted) == 0 else {
                    throw BundleError(.configuration, "the certificates in \(wanted) cannot be read: \(lastMessage())")
                }
                current = wanted
            }
            return try body()
        }
    }

    private static let systemCertificates: String? = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ].first { access($0 as String, R_OK) == 0 }

    /// What libgit2 says about the last failure on this thread.
    static func lastMessage() -> String {
        guard let error = git_error_last(), let message = error.pointee.message else { return "no reason given" }
        return String(cString: message)
    }
}

/// Turns libgit2's return code into an error.
@discardableResult
func check(_ code: CInt, _ doing: @autoclosure () -> String) throws(BundleError) -> CInt {
    guard code < 0 else { return code }
    throw BundleError(.local, "\(doing()) failed: \(GitLibrary.lastMessage())")
}
