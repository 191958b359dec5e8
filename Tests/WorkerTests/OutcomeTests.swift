import Testing
import WorkerProtocol

@Suite(.timeLimit(.minutes(2)))
struct OutcomeTests {
    @Test func `author code runs in a process of its own and returns its value`() async throws {
        let bundle = try await WorkerBundle()
        #expect(await bundle.run("empty").outcome == .success(output: []))
        #expect(await bundle.run("seven").output == "7")
        await bundle.close()
    }

    @Test func `inputs, elements and parameters reach the body`() async throws {
        let bundle = try await WorkerBundle()
        await bundle.leader.answer(.output(task: "seven"), with: .value(Array("7".utf8)))
        await bundle.leader.answer(.element(task: "list", index: 2), with: .value(Array("30".utf8)))
        #expect(await bundle.run("add").output == "8")
        #expect(await bundle.run("double", mapIndex: 2).output == "69")
        #expect(await bundle.run("params").output == "\"moin\"")
        await bundle.close()
    }
}
