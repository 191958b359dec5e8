internal import DAGModel
internal import HTTPTypes

/// An answer other than the one asked for: `{"detail": …}`.
struct APIError: Error, Sendable {
    var status: HTTPResponse.Status
    var detail: JSONValue
    var headers: HTTPFields = [:]

    static func notFound(_ sentence: String) -> APIError { APIError(status: .notFound, detail: .string(sentence)) }
    static func badRequest(_ sentence: String) -> APIError { APIError(status: .badRequest, detail: .string(sentence)) }
    static func conflict(_ sentence: String) -> APIError { APIError(status: .conflict, detail: .string(sentence)) }

    static func unprocessable(_ fields: [InvalidField]) -> APIError {
        APIError(status: .unprocessableContent, detail: .array(fields.map(\.json)))
    }

    static let unauthenticated = APIError(
        status: .unauthorized, detail: .string("Not authenticated"), headers: [.wwwAuthenticate: "Bearer"])
}
