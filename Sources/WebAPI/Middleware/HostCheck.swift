internal import DAGModel
internal import Hummingbird
internal import HTTPTypes

/// Refuses requests for a host that is not ours: a web page elsewhere whose name points to this machine (DNS rebinding).
struct HostCheck: RouterMiddleware {
    typealias Context = APIContext

    /// Allowed beside the loopback's names; nil for any.
    let allowed: [String]?

    @concurrent func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        if let allowed {
            let host = Self.host(of: request.head.authority ?? "")
            guard Self.isLoopback(host) || allowed.contains(where: { $0.lowercased() == host }) else {
                throw APIError(
                    status: .misdirectedRequest,
                    detail: .string("this server does not answer for the host \"\(host)\"; add it to the allowed hosts")
                )
            }
        }
        return try await next(request, context)
    }

    static func isLoopback(_ host: String) -> Bool { ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host) }

    /// The host without the port, in lower case.
    static func host(of authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return authority[...end].lowercased() }
        return authority.prefix { $0 != ":" }.lowercased()
    }
}
