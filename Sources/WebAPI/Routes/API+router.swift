internal import DAGModel
package import Hummingbird
internal import HTTPTypes

/// A request's context: who asks.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The name of the token that came with the request; nil on public routes.
    var userName: String?

    package init(source: Source) { coreContext = .init(source: source) }
}

/// One route: what may be asked, and what answers.
struct Route: Sendable {
    typealias Answer = @Sendable (APIRequest) async throws -> Response

    let method: HTTPRequest.Method
    let path: String
    let answer: Answer

    static func get(_ path: String, _ answer: @escaping Answer) -> Route {
        Route(method: .get, path: path, answer: answer)
    }
    static func post(_ path: String, _ answer: @escaping Answer) -> Route {
        Route(method: .post, path: path, answer: answer)
    }
    static func put(_ path: String, _ answer: @escaping Answer) -> Route {
        Route(method: .put, path: path, answer: answer)
    }
    static func patch(_ path: String, _ answer: @escaping Answer) -> Route {
        Route(method: .patch, path: path, answer: answer)
    }
    static func delete(_ path: String, _ answer: @escaping Answer) -> Route {
        Route(method: .delete, path: path, answer: answer)
    }
}

extension API {
    /// The paths that need no token. Every other path, also one that does not exist, answers 401 without one.
    package static let publicPaths: Set<String> = [
        "/", "/health", "/api/v2/monitor/health", "/api/v2/version",
    ]

    /// The routes, behind the checks that all of them share.
    ///
    /// - Parameter allowedHosts: See ``APIServer/Configuration/allowedHosts``.
    package func router(allowedHosts: [String]?) -> Router<APIContext> {
        let router = Router(context: APIContext.self)
        router.add(middleware: AnswerHeaders())
        router.add(middleware: ErrorAnswers(logger: logger))
        router.add(middleware: HostCheck(allowed: allowedHosts))
        router.add(middleware: Authentication(store: store, now: now))
        for route in routes {
            let answer = route.answer
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await answer(APIRequest(request, context))
            }
        }
        return router
    }

    private var routes: [Route] {
        monitorRoutes + dagRoutes + runRoutes + clearRoutes + markRoutes + instanceRoutes + whyRoutes + bundleRoutes
            + connectionRoutes + variableRoutes + poolRoutes + backfillRoutes + inputRoutes + eventRoutes
            + planRoutes + callbackRoutes + assetRoutes + assetQueueRoutes
    }
}
