internal import Crypto
internal import DAGModel
internal import FoundationEssentials
internal import Hummingbird
internal import HTTPTypes
internal import Store

/// Lets only requests with a known token pass, except those for public paths.
struct Authentication: RouterMiddleware {
    typealias Context = APIContext

    let store: StateStore
    let now: @Sendable () -> Instant

    @concurrent func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        if API.publicPaths.contains(request.uri.path) { return try await next(request, context) }
        let token = Self.token(in: request)
        guard let token, let name = try await name(of: token) else {
            if request.uri.path == API.leaderPath, let token, try await isWorkers(token) {
                return try await next(request, context)
            }
            throw request.uri.path == "/status" ? Self.askBrowser : .unauthenticated
        }
        var context = context
        context.userName = name
        return try await next(request, context)
    }

    private func name(of token: String) async throws -> String? {
        try await store.tokenName(hash: APIToken(token).hash, now: now())
    }

    /// The token of workers opens nothing but the way to their leader.
    private func isWorkers(_ token: String) async throws -> Bool {
        guard let leader = try await store.leader(), !leader.workerToken.isEmpty else { throw APIError.noLeader }
        return leader.workerToken == APIToken(token).hash
    }

    /// A bearer token; on the status page, which is for browsers, also the password of basic authentication.
    static func token(in request: Request) -> String? {
        guard let header = request.headers[.authorization], let space = header.firstIndex(of: " ") else { return nil }
        let value = header[header.index(after: space)...].trimmingPrefix { $0 == " " }
        switch header[..<space].lowercased() {
        case "bearer": return String(value)
        case "basic" where request.uri.path == "/status":
            guard let pair = Data(base64Encoded: String(value)), let text = String(data: pair, encoding: .utf8),
                let colon = text.firstIndex(of: ":")
            else { return nil }
            return String(text[text.index(after: colon)...])
        default: return nil
        }
    }

    private static let askBrowser = APIError(
        status: .unauthorized, detail: .string("Not authenticated"),
        headers: [.wwwAuthenticate: "Basic realm=\"Slipstream: any user, the API token as password\""])
}

/// A token for the API: 256 random bits that only its owner knows.
package struct APIToken: Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// A new one. The prefix lets scanners for leaked secrets find it.
    package static func random() -> APIToken {
        let bits = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
        return APIToken(
            "slipstream_" + bits.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: ""))
    }

    /// What the store keeps of it: SHA-256, enough for a secret of 256 bits.
    package var hash: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }
}
