import TestServers
import Testing

/// With a server of its own: it leaves runs behind.
@Suite(
    .standalone, .enabled(if: TestTools.areInstalled, "Airflow's client is not installed: run scripts/test-tools.sh"))
struct AirflowClientTests {
    /// Its models check every field of every answer.
    @Test func `Airflow's own Python client can use the API`() async throws {
        let server = try standalone()
        let token = String(decoding: try server.folder.bytes("data/token"), as: UTF8.self)
        let finished = try await server.cli.run([
            TestTools.folder + "/bin/python", Source.folder + "/use_airflow_client.py", try server.url,
            String(token.prefix { !$0.isNewline }), "hello", "nightly",
        ])
        #expect(finished.code == 0, "\(finished.text)")
        #expect(finished.output.hasSuffix("done\n"))
    }
}
