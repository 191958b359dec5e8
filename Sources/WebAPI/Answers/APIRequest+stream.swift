internal import Hummingbird
internal import HummingbirdCore
internal import ServiceLifecycle

extension APIRequest {
    /// Streams an answer: takes steps, with a pause between two, until one says that it was the last, the client has gone or the
    /// server stops.
    ///
    /// - Parameter step: Writes what is new; true when nothing will follow.
    func stream<State: Sendable>(
        type: String, pause: Duration, _ state: State,
        _ step: @escaping @concurrent @Sendable (inout State, inout any ResponseBodyWriter) async throws -> Bool
    ) -> Response {
        let body = request.body
        return Response(
            status: .ok, headers: [.contentType: type],
            body: ResponseBody { writer in
                try await body.consumeWithCancellationOnInboundClose { _ in
                    var state = state
                    while try await !step(&state, &writer), !Task.isShuttingDownGracefully {
                        try await Task.sleep(for: pause)
                    }
                }
                try await writer.finish(nil)
            })
    }
}
