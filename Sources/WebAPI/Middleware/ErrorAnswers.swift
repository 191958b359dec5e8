internal import DAGModel
internal import Hummingbird
internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import Postgres
internal import Store

/// Turns errors into answers of the form `{"detail": …}`. What went wrong inside is logged, and never told.
struct ErrorAnswers: RouterMiddleware {
    typealias Context = APIContext

    let logger: Logger

    @concurrent func handle(
        _ request: Request, context: APIContext, next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do { return try await next(request, context) } catch {
            let answer = answer(to: error, of: request)
            var response = Response.json(.object(["detail": answer.detail]), status: answer.status)
            for field in answer.headers { response.headers[field.name] = field.value }
            return response
        }
    }

    private func answer(to error: any Error, of request: Request) -> APIError {
        switch error {
        case let error as APIError: return error
        case is NIOTooManyBytesError:
            return APIError(
                status: .contentTooLarge, detail: .string("the body is larger than \(APIRequest.largestBody) bytes"))
        case StoreError.runExists(let dagID, let runID):
            return .conflict("run \(runID) of DAG \(dagID), or one for the same logical date, already exists")
        case StoreError.runGone:
            // Removed while it was being changed.
            return .notFound("the run does not exist any more: it was removed, as it was old")
        case let error as any HTTPResponseError:
            return APIError(status: error.status, detail: .string(error.status.reasonPhrase))
        case let error as PostgresError where error.isUnavailable:
            logger.warning("\(request.method) \(request.uri.path): \(error)")
            return APIError(
                status: .serviceUnavailable, detail: .string("the database cannot be reached; try again in a moment"))
        default:
            logger.error("\(request.method) \(request.uri.path): \(error)")
            return APIError(
                status: .internalServerError, detail: .string("Internal Server Error; the server's log says why"))
        }
    }
}
