import Supervision
import Testing

@testable import Worker

@Suite struct LeaderSearchTests {
    private func found(_ text: String, status: Int = 200) throws -> SocketEndpoint {
        try LeaderSearch.endpoint(in: text, status: status, from: "http://api:1")
    }

    @Test func `the API says where the leader is`() throws {
        #expect(try found(#"{"address":"10.0.0.1:8794","name":"a","epoch":3}"#) == .tcp(host: "10.0.0.1", port: 8794))
    }

    @Test(arguments: ["", "<html>", "{}", #"{"address":"nowhere"}"#])
    func `an answer without an address is not the API's`(text: String) {
        #expect(throws: LeaderUnknown.self) { try found(text) }
    }

    @Test func `a token that the API does not accept is of no use a second time`() {
        #expect(throws: WorkerEnd.self) { try found("{}", status: 401) }
    }

    @Test func `a server that is not ready is asked again`() throws {
        let error = #expect(throws: LeaderUnknown.self) {
            try found(#"{"detail":"no scheduler has led yet"}"#, status: 503)
        }
        #expect(
            error?.description
                == "the API at http://api:1 answered with status 503 when asked for the leader: no scheduler has led yet"
        )
    }
}
