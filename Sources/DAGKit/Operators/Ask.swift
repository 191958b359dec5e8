public import DAGModel

/// What a person answered to a question with ``ask``.
public struct Answer: Codable, Sendable, Hashable {
    /// The options that were chosen.
    public let chosen: [String]
    /// The further values that were asked for.
    public let params: [String: JSONValue]
    /// Who answered; nil when nobody did in time, and the defaults hold.
    public let by: String?

    package init(chosen: [String], params: [String: JSONValue], by: String?) {
        (self.chosen, self.params, self.by) = (chosen, params, by)
    }
}

/// Whether a person agreed to go on; see ``approval``.
public struct Approval: Codable, Sendable, Hashable {
    public let approved: Bool
    /// Who answered; nil when nobody did in time, and the default holds.
    public let by: String?
    // What the planner reads, as it does of a short circuit.
    private let `continue`: Bool
    private let ignoreDownstreamTriggerRules: Bool

    package init(approved: Bool, by: String?) {
        (self.approved, self.by) = (approved, by)
        `continue` = approved
        ignoreDownstreamTriggerRules = false
    }
}

/// What happens when nobody has answered an ``approval`` in time.
public enum ApprovalDefault: Sendable {
    case approve, reject
    /// The task fails.
    case fail
}

/// Declares a task that asks a person whether to go on, as Airflow's ApprovalOperator. It holds neither process nor slot while it waits. A
/// rejection skips what is directly downstream; the rest follows its trigger rules.
///
/// ```swift
/// let go = approval("publish?", "Publish the model with AUC \(report, \.auc)?", deadline: .hours(24), onDeadline: .reject)
/// go >> publish
/// ```
///
/// Answered with `dagctl approve RUN TASK`, or in Airflow's REST API.
///
/// - Parameters:
///   - subject: One line.
///   - body: More, as Markdown. Defaults to nothing.
///   - deadline: How long to wait. Defaults to no limit.
///   - onDeadline: Defaults to `.fail`.
///   - assignees: The names of those who may answer. Defaults to everybody.
///   - failsOnReject: Whether a rejection fails the task, without a retry. Defaults to false.
///
/// The other parameters are those of ``task``.
@discardableResult
public func approval(
    _ id: String, _ subject: Template, body: Template = "", deadline: Duration? = nil,
    onDeadline: ApprovalDefault = .fail, assignees: [String] = [], failsOnReject: Bool = false, retries: Int? = nil,
    triggerRule: TriggerRule? = nil, doc: String? = nil, file: StaticString = #fileID, line: Int = #line
) -> Output<Approval> {
    var ask = AskApproval(subject: subject, body: body, assignees: assignees, failsOnReject: failsOnReject)
    ask.deadline = deadline?.inSeconds
    switch onDeadline {
    case .approve: ask.defaults = [AskApproval.approve]
    case .reject: ask.defaults = [AskApproval.reject]
    case .fail: break
    }
    return task(id, ask, retries: retries, triggerRule: triggerRule, doc: doc, file: file, line: line)
}

/// Declares a task that asks a person to choose one case of an enum. It holds neither process nor slot while it waits.
///
/// ```swift
/// enum Stage: String, Codable, CaseIterable { case test, production }
/// let stage = ask("stage", "Where to?", among: Stage.self, default: .test, deadline: .hours(4))
/// task("deploy", stage) { context, stage in try await deploy(to: stage) }
/// ```
///
/// Answered with `dagctl answer RUN TASK OPTION`, or in Airflow's REST API.
///
/// - Parameters:
///   - default: What holds when the deadline is over; without it the task fails then. Defaults to none.
///
/// The other parameters are those of ``approval`` and ``task``.
@discardableResult
public func ask<Choice: CaseIterable & RawRepresentable<String> & Codable & Sendable>(
    _ id: String, _ subject: Template, body: Template = "", among: Choice.Type, default: Choice? = nil,
    deadline: Duration? = nil, assignees: [String] = [], retries: Int? = nil, triggerRule: TriggerRule? = nil,
    doc: String? = nil, file: StaticString = #fileID, line: Int = #line
) -> Output<Choice> {
    var ask = AskPeople<Choice>(
        subject: subject, body: body, options: Choice.allCases.map(\.rawValue), assignees: assignees)
    ask.isChoice = true
    ask.defaults = `default`.map { [$0.rawValue] } ?? []
    ask.deadline = deadline?.inSeconds
    return task(id, ask, retries: retries, triggerRule: triggerRule, doc: doc, file: file, line: line)
}

/// Declares a task that asks a person to choose among options, and for further values, as Airflow's HITLOperator.
///
/// ```swift
/// let answer = ask("rows", "Which rows?", options: ["all", "new"], params: ["limit": .int(100)])
/// task("load", answer) { _, answer in try load(answer.chosen, answer.params["limit"]) }
/// ```
///
/// - Parameters:
///   - options: What may be chosen. Defaults to `OK` alone.
///   - defaults: What holds when the deadline is over; without any the task fails then. Defaults to none.
///   - multiple: Whether more than one option may be chosen. Defaults to false.
///   - params: Values to ask for, with what they are unless the person says otherwise; an answer has to be of the same type.
///
/// The other parameters are those of ``approval`` and ``task``.
@discardableResult
public func ask(
    _ id: String, _ subject: Template, body: Template = "", options: [String] = ["OK"], defaults: [String] = [],
    multiple: Bool = false, params: [String: JSONValue] = [:], deadline: Duration? = nil, assignees: [String] = [],
    retries: Int? = nil, triggerRule: TriggerRule? = nil, doc: String? = nil, file: StaticString = #fileID,
    line: Int = #line
) -> Output<Answer> {
    var ask = AskPeople<Answer>(subject: subject, body: body, options: options, assignees: assignees)
    ask.defaults = defaults
    ask.isMultiple = multiple
    ask.params = params
    ask.deadline = deadline?.inSeconds
    if let problem = ask.request.problems.first {
        preconditionFailure("ask(\"\(id)\") on line \(line) of \(file): \(problem)")
    }
    return task(id, ask, retries: retries, triggerRule: triggerRule, doc: doc, file: file, line: line)
}

/// The operator behind ``approval``.
public struct AskApproval: BuiltInOperator {
    public typealias Value = Approval
    public static let operatorType = InputRequest.approvalType

    package static let approve = "Approve"
    package static let reject = "Reject"

    var subject: Template
    var body: Template
    var defaults: [String] = []
    var assignees: [String]
    package var deadline: Double?
    package var failsOnReject: Bool

    init(subject: Template, body: Template, assignees: [String], failsOnReject: Bool) {
        (self.subject, self.body) = (subject, body)
        (self.assignees, self.failsOnReject) = (assignees, failsOnReject)
    }

    package var request: InputRequest {
        InputRequest(
            subject: subject.text, body: body.text, options: [Self.approve, Self.reject], defaults: defaults,
            assignees: assignees)
    }

    /// What the task gives for an answer.
    package func value(of answer: InputAnswer) throws -> Approval {
        let isApproved = answer.chosen == [Self.approve]
        guard isApproved || !failsOnReject else {
            throw FailTask("rejected\(answer.by.map { " by \($0)" } ?? ": nobody answered in time")")
        }
        return Approval(approved: isApproved, by: answer.by)
    }
}

/// The operator behind ``ask``.
public struct AskPeople<Value: Sendable>: BuiltInOperator {
    public static var operatorType: String { InputRequest.questionType }

    var subject: Template
    var body: Template
    var options: [String]
    var defaults: [String] = []
    var isMultiple = false
    var params: [String: JSONValue] = [:]
    var assignees: [String]
    package var deadline: Double?
    /// The value is the option that was chosen, and nothing more.
    package var isChoice = false

    init(subject: Template, body: Template, options: [String], assignees: [String]) {
        (self.subject, self.body) = (subject, body)
        (self.options, self.assignees) = (options, assignees)
    }

    package var request: InputRequest {
        InputRequest(
            subject: subject.text, body: body.text, options: options, defaults: defaults, isMultiple: isMultiple,
            params: params, assignees: assignees)
    }

    /// What the task gives for an answer, as JSON.
    package func value(of answer: InputAnswer) -> JSONValue {
        if isChoice { return .string(answer.chosen.first ?? "") }
        return .object([
            "chosen": .array(answer.chosen.map(JSONValue.string)),
            "params": .object(params.merging(answer.params) { $1 }),
            "by": answer.by.map(JSONValue.string) ?? .null,
        ])
    }
}
