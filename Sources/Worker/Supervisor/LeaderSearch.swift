internal import DAGModel
internal import HTTPClient
package import Supervision

/// How a worker comes to know where its leader listens.
package enum LeaderSearch: Sendable, Hashable {
    /// Always at the same place.
    case at(SocketEndpoint)
    /// Where the API says, asked before each connection: another scheduler may lead by then. An address such as
    /// `http://api.example:8793`.
    case api(String)

    /// Asks where the leader is.
    ///
    /// - Throws: ``WorkerEnd/refused(_:)`` when the API does not accept the worker token, and ``LeaderUnknown``.
    func find(token: String, on loop: EventLoop) async throws -> SocketEndpoint {
        switch self {
        case .at(let endpoint): return endpoint
        case .api(let url): return try await Self.find(url, token, try await HTTPSession(on: loop))
        }
    }

    private static func find(_ url: String, _ token: String, _ http: HTTPSession) async throws -> SocketEndpoint {
        let response: HTTPResponse
        do {
            response = try await http.send(
                HTTPRequest(
                    "GET", url + "/api/v2/leader", headers: ["Authorization": "Bearer \(token)"],
                    timeouts: HTTPTimeouts(total: 10)),
                into: .memory(limit: 64 << 10))
        } catch let error as HTTPError {
            throw LeaderUnknown("the API at \(url) cannot be asked for the leader: \(error)")
        }
        return try endpoint(in: response.text, status: response.status, from: url)
    }

    /// What the API's answer says.
    static func endpoint(in text: String, status: Int, from url: String) throws -> SocketEndpoint {
        var reader = JSONReader(text)
        let answer = reader.read()
        switch status {
        case 200:
            guard let address = answer?["address"]?.stringValue, let endpoint = SocketEndpoint(address) else {
                throw LeaderUnknown(
                    "\(url) does not say where the leader is: is it the API of a Slipstream installation?")
            }
            return endpoint
        case 401, 403:
            throw WorkerEnd.refused(
                "the API at \(url) does not accept the worker token; it is the text of the file worker-token in the scheduler's "
                    + "data folder")
        default:
            throw LeaderUnknown(
                "the API at \(url) answered with status \(status) when asked for the leader"
                    + (answer?["detail"]?.stringValue.map { ": \($0)" } ?? ""))
        }
    }
}

/// The leader is not known at the moment: one sentence.
struct LeaderUnknown: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
