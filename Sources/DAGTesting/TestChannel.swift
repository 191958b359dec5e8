internal import DAGKit
internal import DAGModel
internal import FoundationEssentials
internal import Synchronization
internal import WorkerProtocol

/// What answers the questions of one attempt of a tested run.
final class TestChannel: TaskChannel {
    private let key: InstanceKey
    private let outputs: RunOutputs
    private let connections: [String: TaskConnection]
    private let variables: [String: String]
    private let declared: Set<Use>
    private let told = Mutex<[OutletEvent]>([])
    private let kept = Mutex<[UInt8]>([])

    init(
        _ key: InstanceKey, outputs: RunOutputs, connections: [String: TaskConnection], variables: [String: String],
        declared: Set<Use>
    ) {
        self.key = key
        self.outputs = outputs
        self.connections = connections
        self.variables = variables
        self.declared = declared
    }

    /// What the attempt said of the assets that it updates.
    var outletEvents: [OutletEvent] { told.withLock { $0 } }

    /// The output that the attempt had kept, if it is above 64 KiB.
    var largeOutput: [UInt8] { kept.withLock { $0 } }

    func ask(_ query: Query) throws -> [UInt8] {
        switch query {
        case .output(let task): return Array((outputs.value(of: task, for: key) ?? "null").utf8)
        case .element(let task, let index):
            guard let element = outputs.element(index, of: task, for: key) else {
                throw FailTask("the output of task \(task) has no element \(index)")
            }
            return Array(element.utf8)
        case .connection(let id):
            try check(.connection(id), "connection \(id)")
            guard let connection = connections[id] else {
                throw FailTask(
                    "the test gives no connection \(id): DAGTest(…).connection(TaskConnection(id: \"\(id)\", …))")
            }
            return try encodeOutput(connection)
        case .variable(let key):
            try check(.variable(key), "variable \(key)")
            guard let text = variables[key] else {
                throw FailTask("the test gives no variable \(key): DAGTest(…).variable(\"\(key)\", …)")
            }
            return Array(text.utf8)
        case .triggeringAssetEvents, .inletEvents: return Array("[]".utf8)
        case .elements(let task, let index):
            let rest = (outputs.elements(of: task, for: key) ?? []).dropFirst(max(0, index))
            return Array("[\(rest.joined(separator: ","))]".utf8)
        case .outputLength(let task):
            return Array((outputs.elements(of: task, for: key).map { "\($0.count)" } ?? "null").utf8)
        case .keepOutput(let output):
            guard output.size <= LargeOutput.usualLimit else {
                throw FailTask(LargeOutput.refusal(size: output.size, limit: LargeOutput.usualLimit))
            }
            kept.withLock { $0 = [] }
            return []
        case .keepPart(let part):
            kept.withLock { $0 += part.content }
            return []
        case .artifact: throw FailTask("a test has no artifacts")
        }
    }

    private func check(_ use: Use, _ what: String) throws {
        guard declared.contains(where: { $0.base == use }) else {
            throw FailTask("\(what) is not declared: add it to `uses:` of the task, or to `uses` of the DAG")
        }
    }

    func report(_ json: JSONValue) {}

    func setExtra(_ event: OutletEvent) { told.withLock { $0.append(event) } }
}
