internal import CPostgres

/// Where the database is, and how connections to it behave.
package struct PostgresConfiguration: Sendable {
    /// A URL (`postgres://user@host/database`) or a list of settings (`host=… dbname=…`), as libpq reads them.
    package var url: String
    /// Shown in `pg_stat_activity`.
    package var applicationName: String
    /// The time to reach a server, all its addresses together. Defaults to 5 s.
    package var connectTimeout: Duration
    /// The server ends a statement that takes longer. Defaults to 15 s; nil for no limit.
    package var statementTimeout: Duration?
    /// The server gives up waiting for a lock. Defaults to 3 s; nil for no limit.
    package var lockTimeout: Duration?
    /// The server ends a connection that leaves its transaction open and idle. Defaults to 30 s; nil for no limit.
    package var idleInTransactionTimeout: Duration?
    /// Further settings of the server for the session, by name. Defaults to none.
    package var serverSettings: [String: String] = [:]

    package init(
        url: String, applicationName: String = "slipstream", connectTimeout: Duration = .seconds(5),
        statementTimeout: Duration? = .seconds(15), lockTimeout: Duration? = .seconds(3),
        idleInTransactionTimeout: Duration? = .seconds(30)
    ) {
        self.url = url
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.lockTimeout = lockTimeout
        self.idleInTransactionTimeout = idleInTransactionTimeout
    }
}

extension PostgresConfiguration {
    /// libpq's keywords with our defaults, which what the user wrote overrides. Times are libpq's: seconds, and
    /// milliseconds for `tcp_user_timeout`.
    func keywords() throws -> [String: String] {
        let defaults = [
            "application_name": applicationName, "client_encoding": "UTF8", "keepalives": "1", "keepalives_idle": "5",
            "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "10000",
        ]
        return defaults.merging(try parsed()) { _, user in user }
    }

    /// The settings of the session, to be run once it is open: a startup packet with them is refused by poolers.
    var sessionSettings: SQL {
        let settings = [
            "statement_timeout": Self.milliseconds(statementTimeout), "lock_timeout": Self.milliseconds(lockTimeout),
            "idle_in_transaction_session_timeout": Self.milliseconds(idleInTransactionTimeout),
        ].merging(serverSettings) { $1 }
        return """
            SELECT set_config(name, value, false)
            FROM unnest(\(Array(settings.keys))::text[], \(Array(settings.values))::text[]) AS setting (name, value)
            """
    }

    private static func milliseconds(_ duration: Duration?) -> String {
        guard let duration else { return "0" }
        let (seconds, attoseconds) = duration.components
        return String(max(1, seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
    }

    /// libpq's own words for a mistake quote the URL, which may hold a password.
    private func parsed() throws -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            PQfreemem(message)
            throw PostgresError.configuration(
                "the database URL cannot be read; it must look like postgres://user@host:5432/database "
                    + "or host=… dbname=… (special characters in a URL are written as %2F)")
        }
        defer { PQconninfoFree(options) }
        var keywords: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { keywords[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return keywords
    }
}
