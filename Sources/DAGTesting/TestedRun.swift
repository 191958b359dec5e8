public import DAGModel
internal import FoundationEssentials

/// How a run of a ``DAGTest`` ended.
public struct TestedRun: Sendable {
    public let state: DAGRunState
    /// How long it took by the test's clock.
    public let duration: Duration
    /// In the order of the DAG's declaration, those of a mapped task by their index.
    public let instances: [TestedInstance]
    /// What callbacks would have been called for, in order; see ``DAGModel/CallbackEvent``.
    public let callbacks: [CallbackEvent]
    /// The assets that tasks have updated, in order.
    public let assetUpdates: [TestedAssetUpdate]
    let outputs: RunOutputs

    /// An instance of a task: the only one, or, of a mapped task, that with the index. Stops the test when there is none.
    public subscript(task: String, mapIndex: Int? = nil) -> TestedInstance {
        let found = instances.first { $0.taskID == task && (mapIndex == nil || $0.mapIndex == mapIndex) }
        guard let found else {
            preconditionFailure(
                "the run has no instance \(task)\(mapIndex.map { "[\($0)]" } ?? ""); it has \(instances.map(\.description))"
            )
        }
        return found
    }

    /// The state of a task's instances, by their order: one for a task that is not mapped.
    public func states(of task: String) -> [TaskState] { instances.filter { $0.taskID == task }.map(\.state) }

    /// What a task gave; a mapped task gives the list of what its instances gave.
    ///
    /// - Throws: ``DAGTestError`` when it gave nothing, or something of another type.
    public func output<Output: Decodable>(of task: String, as type: Output.Type = Output.self) throws -> Output {
        guard let text = outputs.value(of: task) else { throw DAGTestError("task \(task) gave no output") }
        do { return try JSONDecoder().decode(type, from: Data(text.utf8)) } catch {
            throw DAGTestError("the output of task \(task) is not a \(type): \(text)")
        }
    }
}

/// A task instance at the end of a run.
public struct TestedInstance: Sendable, CustomStringConvertible {
    public let taskID: String
    /// -1 when the task is not mapped.
    public let mapIndex: Int
    public internal(set) var state: TaskState
    /// Of the last try; 0 when there was none.
    public internal(set) var tryNumber: Int
    /// Why it is in its state, for people.
    public internal(set) var reason: String?
    /// By the test's clock; nil when nothing was executed.
    public internal(set) var startedAt: Instant?
    public internal(set) var endedAt: Instant?

    public var description: String {
        "\(taskID)\(mapIndex < 0 ? "" : "[\(mapIndex)]"): \(state.rawValue)\(reason.map { " (\($0))" } ?? "")"
    }
}

/// An update of an asset by a task.
public struct TestedAssetUpdate: Sendable, Hashable {
    public let asset: String
    public let taskID: String
    /// A JSON object.
    public let extra: JSONValue
}
