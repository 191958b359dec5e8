/// The answer of a task that chooses which of its direct downstream tasks run; the others are skipped.
///
/// ```swift
/// let publish = task("publish", …), reject = task("reject", …)
/// let choose = task("choose", report) { _, report in report.auc > 0.8 ? Branch(publish) : Branch(reject) }
/// choose >> [publish, reject]
/// ```
public struct Branch: Codable, Sendable, Hashable {
    let followed: [String]

    /// Follows these tasks; without any, everything downstream is skipped.
    public init(_ tasks: any TaskNode...) { followed = tasks.flatMap(\.firstTaskIDs) }
}

/// The answer of a task that may end a run early: when it does not continue, all tasks downstream are skipped.
public struct ShortCircuit: Codable, Sendable, Hashable {
    let `continue`: Bool
    private let ignoreDownstreamTriggerRules: Bool?

    /// - Parameter ignoreDownstreamTriggerRules: When it does not continue, everything downstream is skipped, whatever its trigger rules,
    ///   apart from teardowns; with false, what is directly downstream is skipped and the rest follows its trigger rules. Defaults
    ///   to true.
    public init(continue: Bool, ignoreDownstreamTriggerRules: Bool = true) {
        self.continue = `continue`
        self.ignoreDownstreamTriggerRules = ignoreDownstreamTriggerRules ? nil : false
    }
}
