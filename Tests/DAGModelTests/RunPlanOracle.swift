import DAGModel

/// The trigger rules once more, said plainly over the list of upstream states, to be compared with the counting ones.
enum RunPlanOracle {
    /// The states that a task may be in at the end of a run, given how its upstream instances ended; nil stands for a task that ran.
    static func ends(_ rule: TriggerRule, _ upstream: [TaskState]) -> Set<TaskState?> {
        guard !upstream.isEmpty else { return [nil] }
        let failed = upstream.contains { $0 == .failed || $0 == .upstreamFailed }
        let skipped = upstream.contains(.skipped)
        let success = upstream.contains(.success)
        let allSkipped = upstream.allSatisfy { $0 == .skipped }
        switch rule {
        case .always, .allDone, .allDoneSetupSuccess: return [nil]
        case .allSuccess:
            guard failed || skipped else { return [nil] }
            return Set((failed ? [.upstreamFailed] : []) + (skipped ? [.skipped] : []))
        case .allFailed: return success || skipped ? [.skipped] : [nil]
        case .allDoneMinOneSuccess: return skipped ? [.skipped] : success ? [nil] : [.upstreamFailed]
        case .oneSuccess: return success ? [nil] : allSkipped ? [.skipped] : [.upstreamFailed]
        case .oneFailed: return failed ? [nil] : [.skipped]
        case .oneDone: return success || upstream.contains(.failed) ? [nil] : [.skipped]
        case .noneFailed: return failed ? [.upstreamFailed] : [nil]
        case .noneFailedMinOneSuccess: return failed ? [.upstreamFailed] : allSkipped ? [.skipped] : [nil]
        case .noneSkipped: return skipped ? [.skipped] : [nil]
        case .allSkipped: return allSkipped ? [nil] : [.skipped]
        }
    }

    /// Whether a task may start while its upstream instances are in these states.
    static func mayStart(_ rule: TriggerRule, _ upstream: [TaskState]) -> Bool {
        switch rule {
        case .always: true
        case .oneSuccess where !upstream.isEmpty: upstream.contains(.success)
        case .oneFailed where !upstream.isEmpty: upstream.contains { $0 == .failed || $0 == .upstreamFailed }
        case .oneDone where !upstream.isEmpty: upstream.contains { $0 == .success || $0 == .failed }
        default: upstream.allSatisfy(\.isFinished) && ends(rule, upstream).contains(nil)
        }
    }
}
