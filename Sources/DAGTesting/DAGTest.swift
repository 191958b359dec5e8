public import DAGKit
public import DAGModel
internal import FoundationEssentials

/// One run of a DAG in memory, for `swift test`: the scheduler's own rules, the DAG's code in the test's process, and a clock that nobody
/// waits for. No server, no database.
///
/// ```swift
/// let run = try await DAGTest(Weather.self)
///     .replacing("download", returning: ["Oslo": 3.5])
///     .variable("unit", "celsius")
///     .run()
/// #expect(run.state == .success)
/// #expect(try run.output(of: "report", as: String.self) == "Oslo: 3.5")
/// ```
///
/// - Tasks run one after the other, in the order in which the scheduler would start them.
/// - Retries, sensors and other waits take no time: the clock is set forward to the next thing that is waited for.
/// - Operators such as ``Shell`` or ``S3Upload`` do nothing in a test: say with ``replacing(_:with:)`` what they give. A task that is reached and
///   not replaced fails.
/// - Callbacks are noted, not called. Limits, pools and execution timeouts do not hold.
public struct DAGTest<Definition: DAG>: Sendable {
    typealias Replacement = @Sendable (TaskContext) async throws -> [UInt8]

    var replacements: [String: Replacement] = [:]
    var connections: [String: TaskConnection] = [:]
    var variables: [String: String] = [:]
    var answers: [String: InputAnswer] = [:]
    var events: [String: JSONValue] = [:]
    var params: Definition.Params?
    var logicalDate: Instant?
    var interval: (start: Instant, end: Instant)?
    var start: Instant?

    public init(_ dag: Definition.Type = Definition.self) {}

    /// The parameters of the run. Default to those of the DAG.
    public func params(_ params: Definition.Params) -> Self { changed { $0.params = params } }

    /// The time that the run stands for; also its data interval, if ``dataInterval(_:_:)`` does not say otherwise. Defaults to 2026-01-01
    /// 00:00 UTC.
    public func logicalDate(_ date: Instant) -> Self { changed { $0.logicalDate = date } }

    public func dataInterval(_ start: Instant, _ end: Instant) -> Self { changed { $0.interval = (start, end) } }

    /// What the clock shows when the run starts. Defaults to the end of the data interval.
    public func starting(at time: Instant) -> Self { changed { $0.start = time } }

    /// A connection that tasks may ask for which declare it.
    public func connection(_ connection: TaskConnection) -> Self {
        changed { $0.connections[connection.id] = connection }
    }

    /// A variable that tasks may ask for which declare it.
    public func variable(_ key: String, _ value: String) -> Self { changed { $0.variables[key] = value } }

    /// Runs other code instead of a task's own, whatever the task is; for a mapped task once for each instance, see ``TaskContext/mapIndex``.
    /// It may throw as a task's code may: any error, ``SkipTask``, ``FailTask``.
    public func replacing<Output: Encodable & Sendable>(
        _ task: String, with body: @escaping @Sendable (TaskContext) async throws -> Output
    ) -> Self {
        changed { $0.replacements[task] = { try encodeOutput(try await body($0)) } }
    }

    /// Runs other code instead of a task's own that gives nothing.
    public func replacing(_ task: String, with body: @escaping @Sendable (TaskContext) async throws -> Void) -> Self {
        changed {
            $0.replacements[task] = { context in
                try await body(context)
                return []
            }
        }
    }

    /// Lets a task succeed with this output.
    public func replacing<Output: Encodable & Sendable>(_ task: String, returning output: Output) -> Self {
        replacing(task) { _ in output }
    }

    /// Lets a task succeed without output.
    public func replacing(_ task: String) -> Self { replacing(task) { (_: TaskContext) -> Void in } }

    /// What a person answers whom the task asks, at once. Without it the question's defaults hold once its time is over; a question without
    /// defaults fails its task.
    public func answering(_ task: String, _ options: String..., params: [String: JSONValue] = [:]) -> Self {
        changed {
            $0.answers[task] = InputAnswer(
                chosen: options, params: params, by: "test", at: Instant(microseconds: 0))
        }
    }

    /// Sends an event that tasks may wait for: it comes as soon as one waits.
    public func sending(_ event: String, _ data: JSONValue = .null) -> Self { changed { $0.events[event] = data } }

    /// Runs the DAG.
    ///
    /// - Throws: ``DAGTestError`` when the DAG is not valid, or the test speaks of tasks that it does not have. What goes wrong in a task is in
    ///   what is returned.
    public func run() async throws -> TestedRun {
        let definition = try DAGDefinition(Definition.self)
        if let problem = definition.problems.first { throw DAGTestError("\(definition.document.id): \(problem)") }
        let known = definition.document.tasks.map(\.id)
        for task in (Array(replacements.keys) + answers.keys).sorted() where !known.contains(task) {
            throw DAGTestError(
                "\(definition.document.id) has no task \(task)\(suggestionText(for: task, among: known))")
        }
        var drive = try TestDrive(self, definition)
        return try await drive.run()
    }

    private func changed(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }
}

/// Why a DAG cannot be tested: one sentence.
public struct DAGTestError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
