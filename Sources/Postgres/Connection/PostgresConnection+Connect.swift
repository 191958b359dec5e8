internal import CPostgres
package import Supervision

extension PostgresConnection {
    /// Opens a connection, within the configuration's time limit.
    ///
    /// Throws `PostgresError.cannotConnect` with libpq's reason, and `.configuration` for a URL that cannot be read.
    /// - Parameter lost: Called once, on the loop, when the connection breaks; not for `close()`.
    package static func connect(
        _ configuration: PostgresConfiguration, on loop: EventLoop,
        lost: (@Sendable (PostgresError) -> Void)? = nil
    ) async throws -> PostgresConnection {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        let keywords = try await withAddresses(try configuration.keywords(), on: loop)
        let handle = try LibpqHandle(starting: keywords)
        try await finishConnecting(handle, deadline, on: loop)
        guard PQserverVersion(handle.pointer) >= 140_000 else {
            throw PostgresError.configuration("PostgreSQL 14 or newer is needed; this one is \(handle.serverVersion)")
        }
        guard PQsetnonblocking(handle.pointer, 1) == 0, PQenterPipelineMode(handle.pointer) == 1 else {
            throw PostgresError.cannotConnect(reason: handle.errorMessage)
        }
        let connection = PostgresConnection(handle, on: loop, lost: lost)
        do {
            try await connection.startWatching()
            try await connection.query(configuration.sessionSettings)
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    /// libpq asks to be called again whenever its socket, which may be another each time, is ready.
    private static func finishConnecting(
        _ handle: LibpqHandle, _ deadline: ContinuousClock.Instant, on loop: EventLoop
    ) async throws {
        var step = PGRES_POLLING_WRITING
        while step != PGRES_POLLING_OK {
            guard step != PGRES_POLLING_FAILED, !handle.isBroken else { throw handle.connectError }
            do {
                try await loop.wait(
                    for: step == PGRES_POLLING_READING ? .readable : .writable, of: handle.socket,
                    timeout: deadline - .now, "connect to PostgreSQL in time")
            } catch let error as SystemError {
                throw PostgresError.cannotConnect(reason: error.reason)
            }
            step = PQconnectPoll(handle.pointer)
        }
    }

    /// libpq looks names up with a call that blocks; here libuv does it, and libpq gets every address it found.
    private static func withAddresses(_ keywords: [String: String], on loop: EventLoop) async throws -> [String: String]
    {
        guard keywords["hostaddr"] == nil, let hosts = keywords["host"] else { return keywords }
        let names = hosts.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let ports = (keywords["port"] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.contains(where: { !$0.isEmpty && !$0.hasPrefix("/") && !$0.hasPrefix("@") }) else {
            return keywords
        }
        var targets: [(host: String, address: String, port: String)] = []
        var failure: (any Error)?
        for (index, name) in names.enumerated() {
            let port = ports.count == names.count ? ports[index] : ports.first ?? ""
            guard !name.isEmpty, !name.hasPrefix("/"), !name.hasPrefix("@") else {
                targets.append((name, "", port))
                continue
            }
            do {
                targets += try await loop.addresses(ofHost: name).map { (name, $0, port) }
            } catch {
                failure = error
            }
        }
        if targets.isEmpty, let failure {
            throw PostgresError.cannotConnect(reason: "\(failure)")
        }
        return keywords.merging([
            "host": targets.map(\.host).joined(separator: ","), "port": targets.map(\.port).joined(separator: ","),
            "hostaddr": targets.map(\.address).joined(separator: ","),
        ]) { _, new in new }
    }
}

extension LibpqHandle {
    fileprivate var serverVersion: String {
        PQparameterStatus(pointer, "server_version").map { String(cString: $0) } ?? "older"
    }
}
