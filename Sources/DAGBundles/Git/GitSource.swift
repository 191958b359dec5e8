/// One git repository that DAGs come from, and how to reach it.
package struct GitSource: Sendable, Hashable {
    /// What to follow.
    package enum Reference: Sendable, Hashable, CustomStringConvertible {
        case branch(String)
        case tag(String)
        /// A full commit id: 40 hexadecimal digits.
        case commit(String)

        package var description: String {
            switch self {
            case .branch(let name): "branch \(name)"
            case .tag(let name): "tag \(name)"
            case .commit(let id): "commit \(id.prefix(12))"
            }
        }
    }

    package var name: String
    package var url: String
    package var reference: Reference
    /// The folder inside the repository that is the bundle. Defaults to the whole repository.
    package var subpath: String
    /// Follows a rewritten history instead of holding it. Defaults to false.
    package var allowsForcePush: Bool
    /// The file with the host keys that ssh remotes may present, in OpenSSH's format.
    package var knownHostsFile: String?
    /// The certificates that sign https remotes, PEM. Defaults to the system's.
    package var certificateFile: String?
    package var limits: BundleLimits
    /// Longest time for one fetch, in seconds. Defaults to 120.
    package var timeout: Double

    package init(
        name: String, url: String, reference: Reference = .branch("main"), subpath: String = "",
        allowsForcePush: Bool = false, knownHostsFile: String? = nil, certificateFile: String? = nil,
        limits: BundleLimits = BundleLimits(), timeout: Double = 120
    ) {
        self.name = name
        self.url = url
        self.reference = reference
        self.subpath = subpath
        self.allowsForcePush = allowsForcePush
        self.knownHostsFile = knownHostsFile
        self.certificateFile = certificateFile
        self.limits = limits
        self.timeout = timeout
    }
}

/// How to prove to a remote who we are. Its description hides the secret.
package enum GitCredential: Sendable, CustomStringConvertible {
    case none
    /// For https: a user and a password or token.
    case password(user: String, password: String)
    /// For ssh: a private key file. The user defaults to the URL's, then to `git`.
    case key(user: String?, file: String, passphrase: String?)

    package var description: String {
        switch self {
        case .none: "no credential"
        case .password(let user, _): "a password for \(user)"
        case .key(_, let file, _): "the key \(file)"
        }
    }
}
