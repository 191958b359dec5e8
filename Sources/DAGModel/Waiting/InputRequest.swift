/// What a task asks people, as Airflow's human-in-the-loop operators do.
public struct InputRequest: Sendable, Hashable {
    public var subject: String
    /// Markdown; empty for none.
    public var body: String
    /// What may be chosen.
    public var options: [String]
    /// What holds when nobody has answered in time; empty for nothing: then the task fails.
    public var defaults: [String]
    /// More than one option may be chosen.
    public var isMultiple: Bool
    /// Further values that are asked for, with what they are unless somebody says otherwise.
    public var params: [String: JSONValue]
    /// The names of those who may answer; empty for everybody.
    public var assignees: [String]

    public init(
        subject: String, body: String = "", options: [String], defaults: [String] = [], isMultiple: Bool = false,
        params: [String: JSONValue] = [:], assignees: [String] = []
    ) {
        self.subject = subject
        self.body = body
        self.options = options
        self.defaults = defaults
        self.isMultiple = isMultiple
        self.params = params
        self.assignees = assignees
    }

    /// The type in documents of the operator that asks whether to go on: a rejection skips what is downstream.
    public static let approvalType = "approval"
    /// The type in documents of the operator that asks for anything else.
    public static let questionType = "ask"

    /// Everything that is wrong with the question itself.
    public var problems: [String] {
        var problems: [String] = []
        if subject.utf8.contains(0) { problems.append("subject: must not contain a NUL") }
        if options.isEmpty { problems.append("options: there must be at least one") }
        if Set(options).count < options.count { problems.append("options: must differ, are \(options)") }
        if options.contains(where: { $0.contains(",") }) {
            problems.append("options: must not contain a comma, are \(options)")
        }
        let unknown = defaults.filter { !options.contains($0) }
        if !unknown.isEmpty { problems.append("defaults: must be among the options \(options), are \(defaults)") }
        if defaults.count > 1, !isMultiple { problems.append("defaults: only one option may be chosen") }
        return problems
    }

    /// Everything that is wrong with an answer.
    public func problems(choosing chosen: [String], _ input: [String: JSONValue]) -> [String] {
        var problems: [String] = []
        let known = "one of \(options.joined(separator: ", "))"
        if chosen.isEmpty { problems.append("choose \(known)") }
        for option in chosen where !options.contains(option) { problems.append("\"\(option)\" is not \(known)") }
        if chosen.count > 1, !isMultiple { problems.append("only one option may be chosen") }
        for name in input.keys.sorted() where params[name] == nil {
            problems.append("\"\(name)\" is not asked for; known: \(params.keys.sorted().joined(separator: ", "))")
        }
        for (name, value) in input.sorted(by: { $0.key < $1.key }) {
            guard let known = params[name], known != .null, !known.isLike(value) else { continue }
            problems.append("\"\(name)\" must be of type \(known.typeName), is \(value.typeName)")
        }
        return problems
    }

    /// What holds when nobody answers; nil when nothing does.
    public func defaultAnswer(at time: Instant) -> InputAnswer? {
        guard !defaults.isEmpty else { return nil }
        return InputAnswer(chosen: defaults, params: params, by: nil, at: time)
    }
}

/// What a person answered.
public struct InputAnswer: Sendable, Hashable {
    public var chosen: [String]
    public var params: [String: JSONValue]
    /// Who answered; nil for the defaults, that hold because nobody did in time.
    public var by: String?
    public var at: Instant

    public init(chosen: [String], params: [String: JSONValue] = [:], by: String?, at: Instant) {
        self.chosen = chosen
        self.params = params
        self.by = by
        self.at = at
    }
}

extension JSONValue {
    /// Whether a value is of the same JSON type; whole numbers are numbers too.
    fileprivate func isLike(_ other: JSONValue) -> Bool {
        if case .double = self, case .int = other { return true }
        return typeName == other.typeName
    }
}
