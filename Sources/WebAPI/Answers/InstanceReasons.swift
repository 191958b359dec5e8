internal import DAGModel
internal import Store

/// Why a task instance is in its state, in sentences.
struct InstanceReasons {
    let run: RunRecord
    let task: TaskDocument
    let instance: InstanceRecord
    let explanation: InstanceExplanation
    /// What limits say; empty for a moment in the past.
    var limits: [Reason] = []

    struct Reason {
        /// Airflow's name of the dependency.
        var name: String
        var text: String
    }

    /// What keeps the instance from going on, most important first; empty for one that has ended or runs.
    var blocking: [Reason] {
        if run.state == .queued {
            return limits + [Reason(name: "Dagrun Running", text: "the run has not started yet")]
        }
        switch instance.state {
        case .none where run.state.isFinished:
            return [Reason(name: "Dagrun Running", text: "the run has ended before the task could start")] + planned
        case .none: return planned
        case .scheduled:
            return limits.isEmpty
                ? [Reason(name: "Task Concurrency", text: "its turn has not come: no worker has a free slot")] : limits
        case .upForRetry: return [Reason(name: "Not In Retry Period", text: retry)]
        case .queued:
            return [
                Reason(
                    name: "Task Instance State",
                    text: "it was given to worker \(instance.worker ?? "") and has not begun there")
            ]
        default: return []
        }
    }

    private var planned: [Reason] {
        var reasons: [Reason] = []
        if !explanation.awaitedLists.isEmpty {
            let lists = explanation.awaitedLists.joined(separator: ", ")
            reasons.append(
                Reason(
                    name: "Mapped Dependencies", text: "it is mapped over the list of \(lists), which is not known yet")
            )
        }
        if explanation.isHeldBack {
            reasons.append(
                Reason(name: "Previous Dagrun State", text: "the same task of an earlier run has not ended well"))
        }
        if explanation.scope.total > explanation.scope.done {
            reasons.append(
                Reason(
                    name: "Setup and Teardown",
                    text:
                        "\(explanation.scope.total - explanation.scope.done) of \(explanation.scope.total) tasks of its setup or "
                        + "teardown have not ended"))
        }
        if explanation.decision == .wait, !explanation.tally.isDone || reasons.isEmpty {
            reasons.append(Reason(name: "Trigger Rule", text: rule))
        }
        if reasons.isEmpty {
            reasons.append(Reason(name: "Trigger Rule", text: "nothing: the scheduler is about to start it"))
        }
        return reasons
    }

    private var retry: String {
        let last = instance.reason.map { ": \($0)" } ?? ""
        let due = instance.retryAt.map { " at \($0.iso8601)" } ?? ""
        return "try \(instance.tryNumber) of \(instance.maxTries + 1) failed\(last); the next is due\(due)"
    }

    /// One sentence about the state.
    var summary: String {
        switch instance.state {
        case .success, .failed, .running, .restarting, .queued, .scheduled, .upForRetry, .none:
            let reason = instance.reason.map { ": \($0)" } ?? ""
            guard let first = blocking.first else { return "\(instance.state.rawValue)\(reason)" }
            return "\(instance.state == .none ? "waits" : instance.state.rawValue): \(first.text)"
        default: return "\(instance.state.rawValue): \(instance.reason ?? ended)"
        }
    }

    /// Why an instance ended without having run.
    private var ended: String {
        if !explanation.steeredAwayBy.isEmpty {
            return "\(explanation.steeredAwayBy.joined(separator: ", ")) decided against it"
        }
        return rule
    }

    /// The trigger rule with its counts.
    var rule: String {
        let tally = explanation.tally
        guard tally.total > 0 else { return "\(explanation.rule.rawValue): the task has no upstream tasks" }
        let counts = [
            ("success", tally.success), ("failed", tally.failed), ("upstream_failed", tally.upstreamFailed),
            ("skipped", tally.skipped), ("removed", tally.removed), ("not ended", tally.total - tally.done),
        ].filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
        return
            "\(explanation.rule.rawValue) needs \(explanation.rule.need(Int(tally.total))): \(counts.joined(separator: ", "))"
    }

    var answer: JSONValue {
        let tally = explanation.tally
        return .object([
            "task_id": .string(instance.taskID), "map_index": .number(instance.mapIndex),
            "state": instance.state == .none ? .null : .string(instance.state.rawValue), "summary": .string(summary),
            "dependencies": .array(blocking.map { .object(["name": .string($0.name), "reason": .string($0.text)]) }),
            "trigger_rule": .string(explanation.rule.rawValue), "rule": .string(rule),
            "upstream": .object([
                "total": .int(Int64(tally.total)), "success": .int(Int64(tally.success)),
                "failed": .int(Int64(tally.failed)), "upstream_failed": .int(Int64(tally.upstreamFailed)),
                "skipped": .int(Int64(tally.skipped)), "removed": .int(Int64(tally.removed)),
                "not_ended": .int(Int64(tally.total - tally.done)),
            ]),
            "upstream_tasks": .array(explanation.upstream.map(Self.answer)),
            "steered_away_by": .array(explanation.steeredAwayBy.map(JSONValue.string)),
        ])
    }

    private static func answer(_ upstream: InstanceExplanation.Upstream) -> JSONValue {
        let states = upstream.states.map { ($0.key == .none ? "none" : $0.key.rawValue, JSONValue.number($0.value)) }
        return .object([
            "task_id": .string(upstream.taskID),
            "states": .object(Dictionary(states, uniquingKeysWith: { first, _ in first })),
        ])
    }
}

extension TriggerRule {
    /// What the rule needs of so many upstream instances.
    fileprivate func need(_ total: Int) -> String {
        let all = total == 1 ? "the one upstream instance" : "all \(total) upstream instances"
        let one = total == 1 ? all : "one of \(total) upstream instances"
        return switch self {
        case .allSuccess: "\(all) to succeed"
        case .allFailed: "\(all) to fail"
        case .allDone: "\(all) to end"
        case .allDoneMinOneSuccess: "\(all) to end, none skipped and one with success"
        case .allDoneSetupSuccess: "\(all) to end, and a setup among them to succeed"
        case .oneSuccess: "\(one) to succeed"
        case .oneFailed: "\(one) to fail"
        case .oneDone: "\(one) to succeed or fail"
        case .noneFailed: "\(all) to end, and none to fail"
        case .noneFailedMinOneSuccess: "\(all) to end, none to fail and one to succeed"
        case .noneSkipped: "\(all) to end, and none to be skipped"
        case .allSkipped: "\(all) to be skipped"
        case .always: "nothing"
        }
    }
}
