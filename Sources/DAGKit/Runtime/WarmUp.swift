internal import FoundationEssentials
internal import DAGModel

/// What every child would have to do once is done before it is forked: decoding and encoding JSON, running a task on an executor,
/// setting up line buffering. It must not start a thread.
enum WarmUp {
    private struct Sample: Codable { var text = "a", number = 1, real = 0.5, list = [1], optional: Int? }

    static func run() {
        cposix_buffer_lines()
        _ = try? JSONDecoder().decode(Sample.self, from: JSONEncoder().encode(Sample()))
        _ = try? encodeOutput(JSONValue.object(["a": .array([.int(1), .null])]))
        MainThreadExecutor().run { await Task.yield() }
    }
}
