internal import DAGModel
internal import Foundation
internal import Hummingbird
internal import HTTPTypes
internal import NIOCore

/// A request as the routes read it.
struct APIRequest {
    let request: Request
    let context: APIContext

    init(_ request: Request, _ context: APIContext) {
        self.request = request
        self.context = context
    }

    static let largestBody = 1 << 20
    static let bodyTimeout = Duration.seconds(30)

    /// A part of the path, decoded.
    func path(_ name: String) throws -> String {
        let raw = try context.parameters.require(name)
        guard let text = raw.removingPercentEncoding, !text.isEmpty, !text.utf8.contains(0) else {
            throw APIError.unprocessable([
                InvalidField(["path", name], "string_type", "Input should be a valid string")
            ])
        }
        return text
    }

    var query: QueryReader { QueryReader(request.uri.queryParameters) }

    /// The members of the JSON object that the body holds; those that `known` does not name are refused.
    ///
    /// - Parameter orNone: No body at all is an object without members. Defaults to false.
    func body(known: [String], orNone: Bool = false, upTo largest: Int = largestBody) async throws -> BodyReader {
        let bytes = try await bytes(upTo: largest)
        if orNone, bytes.readableBytes == 0 { return BodyReader([:], known: known) }
        var reader = JSONReader(String(buffer: bytes))
        guard let value = reader.read() else {
            throw APIError.unprocessable([InvalidField(["body"], "json_invalid", "JSON decode error")])
        }
        guard case .object(let members) = value else {
            throw APIError.unprocessable([
                InvalidField(
                    ["body"], "model_attributes_type",
                    "Input should be a valid dictionary or object to extract fields from")
            ])
        }
        return BodyReader(members, known: known)
    }

    /// The body, unless it is too large or comes too slowly.
    private func bytes(upTo largest: Int) async throws -> ByteBuffer {
        let body = request.body
        return try await withThrowingTaskGroup(of: ByteBuffer.self) { group in
            group.addTask { try await body.collect(upTo: largest) }
            group.addTask {
                try await Task.sleep(for: Self.bodyTimeout)
                throw APIError(
                    status: .requestTimeout, detail: .string("the body did not arrive in \(Self.bodyTimeout)"))
            }
            defer { group.cancelAll() }
            guard let bytes = try await group.next() else { return ByteBuffer() }
            return bytes
        }
    }

    /// The first of the media types that the client accepts and `offered` has; the first offered one when it accepts all.
    func accepts(_ offered: [String]) -> String? {
        guard let accept = request.headers[.accept], !accept.isEmpty else { return offered.first }
        for part in accept.split(separator: ",") {
            let type = part.prefix { $0 != ";" }.trimmingPrefix { $0 == " " }
            let name = type.prefix { $0 != " " }
            if name == "*/*" { return offered.first }
            if let match = offered.first(where: { $0 == name }) { return match }
        }
        return nil
    }
}
