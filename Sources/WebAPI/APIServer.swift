internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Serves the REST API and the status page by HTTP/1.1, on threads of its own.
///
/// Bodies are at most 1 MiB; a connection that says nothing for a minute is closed; at most 1,000 are open at once.
package struct APIServer: Service {
    /// Where and for whom to listen.
    package struct Configuration: Sendable {
        /// Defaults to `127.0.0.1`.
        package var host: String
        /// 0 for any free port.
        package var port: Int
        /// The host names that requests may ask for beside the loopback's; nil for any. On a loopback address it defaults to none,
        /// so that no web page can reach the API by a name of its own (DNS rebinding).
        package var allowedHosts: [String]?
        /// Defaults to 2.
        package var threads: Int

        package init(host: String = "127.0.0.1", port: Int, allowedHosts: [String]? = nil, threads: Int = 2) {
            self.host = host
            self.port = port
            self.threads = threads
            self.allowedHosts = allowedHosts ?? (HostCheck.isLoopback(host) ? [] : nil)
        }
    }

    private let api: API
    private let configuration: Configuration
    private let listening: @Sendable (Int) async -> Void

    /// - Parameter listening: Called once requests are answered, with the port.
    package init(
        _ api: API, _ configuration: Configuration,
        listening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) {
        self.api = api
        self.configuration = configuration
        self.listening = listening
    }

    package func run() async throws {
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        do { try await application(on: threads).run() } catch {
            try? await threads.shutdownGracefully()
            if let error = error as? IOError { throw ListenError(configuration, error) }
            throw error
        }
        try await threads.shutdownGracefully()
    }

    private func application(on threads: MultiThreadedEventLoopGroup) -> some ApplicationProtocol {
        let listening = listening
        return Application(
            router: api.router(allowedHosts: configuration.allowedHosts),
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: .init(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: .maximum(1_000, logger: api.logger)),
            onServerRunning: { channel in await listening(channel.localAddress?.port ?? 0) },
            eventLoopGroupProvider: .shared(threads), logger: api.logger)
    }
}

/// Why the API cannot listen, and what to do.
package struct ListenError: Error, CustomStringConvertible {
    package let description: String

    init(_ configuration: APIServer.Configuration, _ error: IOError) {
        let place = "port \(configuration.port) of \(configuration.host)"
        let remedy = "choose another with --port (0 takes any that is free)"
        description =
            switch error.errnoCode {
            case EADDRINUSE: "the API cannot listen: \(place) is in use by another program; end that one, or \(remedy)"
            case EACCES: "the API cannot listen: \(place) is for root only; \(remedy)"
            default: "the API cannot listen on \(place): \(String(cString: strerror(error.errnoCode)))"
            }
    }
}
