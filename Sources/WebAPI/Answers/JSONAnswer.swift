internal import DAGModel
internal import Hummingbird
internal import HTTPTypes
internal import NIOCore

extension Response {
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        text(value.compactJSON, type: "application/json", status: status)
    }

    static func text(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension JSONValue {
    static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
    static func number(_ number: Int?) -> JSONValue { number.map { .int(Int64($0)) } ?? .null }
    static func time(_ instant: Instant?) -> JSONValue { .text(instant?.iso8601) }

    /// The seconds from one time to another; null unless both are known.
    static func seconds(_ start: Instant?, _ end: Instant?) -> JSONValue {
        guard let start, let end else { return .null }
        return .double((end - start).inSeconds)
    }

    /// A page of a list, as Airflow writes it.
    static func page(_ name: String, _ entries: [JSONValue], total: Int) -> JSONValue {
        .object([name: .array(entries), "total_entries": .number(total)])
    }

    /// The value that a stored JSON text holds.
    init(stored text: String) {
        var reader = JSONReader(text)
        self = reader.read() ?? .string(text)
    }
}
