/// How many direct upstream task instances of a task ended in which state: all that a trigger rule may look at.
public struct UpstreamTally: Sendable, Hashable {
    /// Direct upstream task instances; a mapped upstream counts each of its instances.
    public var total: Int32
    public var success: Int32 = 0
    public var failed: Int32 = 0
    public var skipped: Int32 = 0
    public var upstreamFailed: Int32 = 0
    public var removed: Int32 = 0
    /// Those among them that are setups.
    public var setups: Int32 = 0
    public var successfulSetups: Int32 = 0
    public var skippedSetups: Int32 = 0

    public init(total: Int) { self.total = Int32(total) }

    public var done: Int32 { success + failed + skipped + upstreamFailed + removed }
    public var anyFailed: Int32 { failed + upstreamFailed }
    public var isDone: Bool { done >= total }

    /// Counts one upstream instance that reached `state`; a state that is not final changes nothing.
    public mutating func count(_ state: TaskState, by step: Int32 = 1, isSetup: Bool = false) {
        if isSetup, state == .success { successfulSetups += step }
        if isSetup, state == .skipped { skippedSetups += step }
        switch state {
        case .success: success += step
        case .failed: failed += step
        case .skipped: skipped += step
        case .upstreamFailed: upstreamFailed += step
        case .removed: removed += step
        default: break
        }
    }

    /// Expects so many more upstream instances.
    mutating func expect(_ more: Int, isSetup: Bool) {
        total += Int32(more)
        if isSetup { setups += Int32(more) }
    }

    static func + (left: UpstreamTally, right: UpstreamTally) -> UpstreamTally {
        var sum = left
        sum.total += right.total
        sum.success += right.success
        sum.failed += right.failed
        sum.skipped += right.skipped
        sum.upstreamFailed += right.upstreamFailed
        sum.removed += right.removed
        sum.setups += right.setups
        sum.successfulSetups += right.successfulSetups
        sum.skippedSetups += right.skippedSetups
        return sum
    }
}

/// What a trigger rule says about a task instance now.
public enum TriggerDecision: Sendable, Hashable {
    case wait
    case run
    /// The instance ends here without running.
    case end(TaskState)
}

extension TriggerRule {
    /// Decides for a task whose upstream ended as counted in `tally`.
    ///
    /// A task without upstream tasks runs at once. `mapIndex` matters only for `all_success`, where a mapped instance
    /// whose upstream instances were removed is removed with them.
    public func decide(_ tally: UpstreamTally, mapIndex: Int = -1) -> TriggerDecision {
        guard tally.total > 0, self != .always else { return .run }
        if let state = end(tally, mapIndex: mapIndex) { return .end(state) }
        return mayRun(tally) ? .run : .wait
    }

    /// Whether the rule may decide before all upstream instances have ended.
    var firesEarly: Bool {
        switch self {
        case .oneSuccess, .oneFailed, .oneDone, .noneFailedMinOneSuccess: true
        default: false
        }
    }

    private func end(_ tally: UpstreamTally, mapIndex: Int) -> TaskState? {
        switch self {
        case .allSuccess:
            if tally.anyFailed > 0 { return .upstreamFailed }
            if tally.skipped > 0 { return .skipped }
            return tally.removed > 0 && tally.success > 0 && mapIndex >= Int(tally.success) ? .removed : nil
        case .allFailed:
            return tally.success + tally.skipped > 0 ? .skipped : nil
        case .allDone, .always:
            return nil
        case .allDoneMinOneSuccess:
            if tally.skipped > 0 { return .skipped }
            return tally.isDone && tally.success == 0 ? .upstreamFailed : nil
        case .allDoneSetupSuccess:
            guard tally.isDone, tally.setups > 0 else { return nil }
            if tally.skippedSetups >= tally.setups { return .skipped }
            return tally.successfulSetups == 0 ? .upstreamFailed : nil
        case .oneSuccess:
            guard tally.isDone, tally.success == 0 else { return nil }
            return tally.skipped == tally.total ? .skipped : .upstreamFailed
        case .oneFailed:
            return tally.isDone && tally.anyFailed == 0 ? .skipped : nil
        case .oneDone:
            return tally.isDone && tally.success + tally.failed == 0 ? .skipped : nil
        case .noneFailed:
            return tally.anyFailed > 0 ? .upstreamFailed : nil
        case .noneFailedMinOneSuccess:
            if tally.anyFailed > 0 { return .upstreamFailed }
            if tally.skipped == tally.total { return .skipped }
            return tally.isDone && tally.success == 0 ? .upstreamFailed : nil
        case .noneSkipped:
            return tally.skipped > 0 ? .skipped : nil
        case .allSkipped:
            return tally.success + tally.anyFailed > 0 ? .skipped : nil
        }
    }

    private func mayRun(_ tally: UpstreamTally) -> Bool {
        switch self {
        case .allSuccess: tally.success + tally.removed >= tally.total
        case .allFailed: tally.anyFailed + tally.removed >= tally.total
        case .allDone, .allDoneSetupSuccess, .noneSkipped: tally.isDone
        case .allDoneMinOneSuccess: tally.isDone && tally.success > 0
        case .oneSuccess: tally.success > 0
        case .oneFailed: tally.anyFailed > 0
        case .oneDone: tally.success + tally.failed > 0
        case .noneFailed: tally.success + tally.skipped + tally.removed >= tally.total
        case .noneFailedMinOneSuccess:
            tally.success > 0 && tally.success + tally.skipped + tally.removed >= tally.total
        case .allSkipped: tally.skipped >= tally.total
        case .always: true
        }
    }
}
