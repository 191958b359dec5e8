internal import FoundationEssentials
internal import DAGModel
internal import WorkerProtocol

/// What every child would have to do once is done before it is forked: decoding and encoding JSON, running a task on an executor,
/// setting up line buffering. It must not start a thread.
enum WarmUp {
    private struct Sample: Codable { var text = "a", number = 1, real = 0.5, list = [1], optional: Int? }

    static func run() {
        cposix_buffer_lines()
        _ = try? JSONDecoder().decode(Sample.self, from: JSONEncoder().encode(Sample()))
        _ = try? encodeOutput(JSONValue.object(["a": .array([.int(1), .null])]))
        _ = order
        runInChild()
    }

    /// What a child does before it has its order, while it waits anyway: it has its parent's memory until it writes to it, and copies
    /// now the pages that an attempt writes to.
    static func runInChild() {
        _ = try? SupervisorMessage(frame: order)
        _ = ChildMessage.result(.success(output: [0x31]), AttemptUsage()).frame
        MainThreadExecutor().run { await Task.yield() }
    }

    /// An order as the supervisor sends it.
    private static let order: [UInt8] = {
        let spec = AttemptSpec(
            id: AttemptID(rawValue: 1), token: .random(), dagID: "dag", runID: "run", taskID: "task", mapIndex: -1,
            tryNumber: 1, logicalDate: nil, dataIntervalStart: nil, dataIntervalEnd: nil, params: Array("{}".utf8),
            artifact: "artifact", files: "files", documentHash: "hash", work: .author, inputs: [],
            executionTimeout: nil)
        return SupervisorMessage.run(spec, files: "").frame
    }()
}
