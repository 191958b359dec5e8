import Foundation
import TestServers
import Testing

extension CommandTests {
    /// `dagctl plan` against a server that has the bundle of these tests.
    @Suite(.serialized) struct PlanTests {
        @Test func `a folder as it is deployed changes nothing`() async throws {
            let server = try standalone()
            let finished = try await server.cli("plan", server.folder.path + "/dags")
            // The bundle has files that do not compile, and one names variables that may not be there.
            #expect(finished.code == 1)
            #expect(finished.output.contains("error: broken.swift:"))
            #expect(finished.output.contains("0 to add, 0 to change, 0 to remove"))
        }

        @Test func `what comes, changes, goes and is missing is told`() async throws {
            let server = try standalone()
            let folder = URL(filePath: server.folder.path + "/planned")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let dags = URL(filePath: server.folder.path + "/dags")
            for file in ["hello.swift", "slow.swift"] {
                try FileManager.default.copyItem(at: dags.appending(path: file), to: folder.appending(path: file))
            }
            let hello = try String(contentsOf: folder.appending(path: "hello.swift"), encoding: .utf8)
            try hello.replacing("task(\"print\", greetings)", with: "task(\"print\", greetings, retries: 3)")
                .write(to: folder.appending(path: "hello.swift"), atomically: true, encoding: .utf8)
            try """
            import DAGKit

            @main
            struct Fresh: DAG {
                let schedule = Schedule.cron("@daily", timezone: "UTC")
                func body() {
                    task("copy", Shell("true"), uses: [.connection("nowhere"), .optional(.variable("perhaps"))])
                }
            }
            """.write(to: folder.appending(path: "fresh.swift"), atomically: true, encoding: .utf8)
            let finished = try await server.cli("plan", folder.path, width: 160)
            #expect(finished.code == 1, "\(finished.text)")
            let lines = finished.output.split(separator: "\n").map(String.init)
            #expect(lines.contains("+ fresh  fresh.swift"))
            #expect(
                lines.contains { $0.hasPrefix("    scheduled runs until ") && $0.contains(": 7 more, the first for ") })
            #expect(
                lines.contains {
                    $0.hasPrefix("    error: fresh.swift:7: the connection nowhere of task copy is not there: ")
                })
            #expect(lines.contains { $0.hasPrefix("~ hello  hello.swift, now version ") })
            #expect(lines.contains("    ~ task print: retries 0 → 3"))
            #expect(lines.contains("- nightly  nightly.swift, no longer in the folder"))
            #expect(lines.last?.contains("1 to add, 1 to change, ") == true)
            #expect(lines.last?.hasSuffix("; 1 error") == true)
        }

        @Test func `a folder without DAG files is refused, not taken for the end of all DAGs`() async throws {
            let server = try standalone()
            let empty = server.folder.path + "/empty"
            try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
            let finished = try await server.cli("plan", empty)
            #expect(finished.code == 2)
            #expect(finished.output.isEmpty)
            #expect(finished.errors.contains("/empty has no DAG files: name the folder that is deployed"))
        }

        @Test func `wrong options say what is right`() async throws {
            let server = try standalone()
            let bundle = try await server.cli("plan", "--bundle", "dag")
            #expect(bundle.code == 3)
            #expect(bundle.errors.contains("the server has no bundle dag"))
            #expect(try await server.cli("plan", "--days", "0").code == 2)
        }
    }
}
