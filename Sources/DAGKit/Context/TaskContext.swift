public import DAGModel
internal import FoundationEssentials
package import WorkerProtocol

/// What a task's body knows about its run and its attempt, and how it asks for what it declared with `uses:`.
public struct TaskContext: Sendable {
    let spec: AttemptSpec
    let channel: any TaskChannel
    /// What the task updates when it succeeds.
    var outlets: [Asset] = []

    package init(spec: AttemptSpec, channel: any TaskChannel, outlets: [Asset] = []) {
        self.spec = spec
        self.channel = channel
        self.outlets = outlets
    }

    public var dagID: String { spec.dagID }
    public var runID: String { spec.runID }
    public var taskID: String { spec.taskID }
    /// The position within a mapped task, from 0; -1 when the task is not mapped.
    public var mapIndex: Int { spec.mapIndex }
    /// 1 for the first attempt.
    public var tryNumber: Int { spec.tryNumber }
    /// The time that the run stands for; nil for a run that was triggered without one.
    public var logicalDate: Instant? { spec.logicalDate }
    public var dataIntervalStart: Instant? { spec.dataIntervalStart }
    public var dataIntervalEnd: Instant? { spec.dataIntervalEnd }
    /// The logical date as `2026-01-31`; nil without a logical date.
    public var ds: String? { spec.logicalDate?.dateText }

    /// The parameters of the run.
    ///
    /// - Throws: ``FailTask`` when the run's parameters do not fit the type.
    public func params<Params: DAGParams>(_ type: Params.Type) throws -> Params {
        do {
            return try JSONDecoder().decode(type, from: Data(spec.params))
        } catch {
            throw FailTask("the run's parameters are not a \(type): \(error)")
        }
    }

    /// A connection that the task or the DAG declares with `uses: [.connection("…")]`.
    ///
    /// - Throws: ``FailTask`` when it is not declared or does not exist.
    public func connection(_ id: String) async throws -> TaskConnection {
        let json = try channel.ask(.connection(id))
        do {
            return try JSONDecoder().decode(TaskConnection.self, from: Data(json))
        } catch {
            throw FailTask("connection \(id) cannot be read: its fields are not in the expected form")
        }
    }

    /// The text of a variable that the task or the DAG declares with `uses: [.variable("…")]`.
    ///
    /// - Throws: ``FailTask`` when it is not declared or does not exist.
    public func variable(_ key: String) async throws -> String {
        String(decoding: try channel.ask(.variable(key)), as: UTF8.self)
    }

    /// Shows people how far the task is: one line, and optionally the part done, from 0 to 1.
    public func progress(_ text: String, fraction: Double? = nil) {
        var report: [String: JSONValue] = ["progress": .string(text)]
        if let fraction { report["fraction"] = .double(fraction) }
        channel.report(JSONValue.object(report))
    }

    /// Records one value of a metric; shown while the task runs, and kept.
    public func metric(_ name: String, _ value: Double, step: Int? = nil) {
        var report: [String: JSONValue] = ["metric": .string(name), "value": .double(value)]
        if let step { report["step"] = .int(Int64(step)) }
        channel.report(JSONValue.object(report))
    }
}

/// How a task's process reaches its supervisor.
package protocol TaskChannel: Sendable {
    /// Asks and waits for the answer.
    func ask(_ query: Query) throws -> [UInt8]
    func report(_ json: JSONValue)
    /// Keeps what is told of the update of an asset, if the attempt succeeds.
    func setExtra(_ event: OutletEvent)
}
