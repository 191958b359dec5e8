import DAGModel
import Foundation
import HTTPClient
import Supervision

/// Talks to the REST API; errors become sentences and exit codes.
struct APIClient: Sendable {
    let location: ServerLocation
    private let http: HTTPSession

    init(_ location: ServerLocation) async throws {
        self.location = location
        http = try await HTTPSession(on: try EventLoop(name: "http"))
    }

    typealias Query = [(name: String, value: String)]

    func get(_ path: [String], _ query: Query = []) async throws -> JSONValue {
        try await send("GET", path, query)
    }

    /// Every entry of a list, page after page.
    func all(_ path: [String], _ name: String, _ query: Query = []) async throws -> [JSONValue] {
        var entries: [JSONValue] = []
        while true {
            let page = try await get(path, query + [("limit", "100"), ("offset", "\(entries.count)")])
            guard case .array(let part)? = page[name] else { return entries }
            entries += part
            guard !part.isEmpty, case .int(let total)? = page["total_entries"], entries.count < total else {
                return entries
            }
        }
    }

    func send(_ method: String, _ path: [String], _ query: Query = [], body: JSONValue? = nil) async throws -> JSONValue
    {
        var request = request(method, path, query)
        request.timeouts.total = 60
        if let body {
            request.headers["Content-Type"] = "application/json"
            request.body = .bytes(Array(body.compactJSON.utf8))
        }
        // The largest answer is the value of a task that has left as much as may be stored.
        let response = try await answer(request, into: .memory(limit: 80 << 20))
        guard !response.body.isEmpty else { return .null }
        var reader = JSONReader(response.text)
        guard let value = reader.read() else {
            throw CommandFailure(
                .failed, "\(location.url) answered with something that is no JSON: is it a Slipstream server?")
        }
        return value
    }

    /// Hands over an answer as it comes.
    func stream(
        _ path: [String], _ query: Query, accept: String, _ chunk: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var request = request("GET", path, query)
        request.headers["Accept"] = accept
        // A log may be silent for long.
        request.timeouts.stall = 24 * 3_600
        _ = try await answer(request, into: .chunks(chunk))
    }

    private func request(_ method: String, _ path: [String], _ query: Query) -> HTTPRequest {
        var url = location.url + "/api/v2" + path.map { "/" + Self.escaped($0) }.joined()
        if !query.isEmpty {
            url += "?" + query.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }.joined(separator: "&")
        }
        var request = HTTPRequest(method, url)
        request.headers["Authorization"] = "Bearer \(location.token)"
        request.headers["User-Agent"] = "dagctl/\(Release.version)"
        return request
    }

    private func answer(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
        let response: HTTPResponse
        do { response = try await http.send(request, into: sink) } catch let error as HTTPError {
            throw CommandFailure(
                .unreachable, "the server at \(location.url) cannot be reached: \(error); is it running? (dagctl check)"
            )
        }
        guard response.isSuccess else { throw CommandFailure(response) }
        return response
    }

    /// Percent-encodes all but unreserved characters.
    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}

extension CommandFailure {
    /// What the server's answer says, all problems at once.
    init(_ response: HTTPResponse) {
        var reader = JSONReader(response.text)
        let detail = reader.read()?["detail"]
        let text =
            switch detail {
            case .string(let text)?: text
            case .array(let problems)?: problems.map(Self.problem).joined(separator: "\ndagctl: ")
            default: "the server answered with status \(response.status)"
            }
        switch response.status {
        case 401, 403: self.init(.notAllowed, "\(text): the server does not accept the token (see SLIPSTREAM_TOKEN)")
        case 404: self.init(.notFound, text)
        case 400, 406, 409, 413, 422: self.init(.wrongUsage, text)
        case 421: self.init(.wrongUsage, text)
        case 502, 503, 504: self.init(.unreachable, text)
        default: self.init(.failed, text)
        }
    }

    private static func problem(_ problem: JSONValue) -> String {
        let message = problem["msg"]?.stringValue ?? "refused"
        guard case .array(let location)? = problem["loc"], problem["type"]?.stringValue != "value_error" else {
            return message
        }
        return "\(location.dropFirst().compactMap(\.stringValue).joined(separator: ".")): \(message)"
    }
}
