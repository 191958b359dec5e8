package import DAGModel

/// How an attempt ended, for the plan and for the row.
package struct EndedAttempt {
    package var end: AttemptEnd
    /// JSON text; empty for none.
    package var output = ""
    /// The output is above 64 KiB, and stored already.
    package var isKept = false
    package var steering: String?
    package var listLength: Int?
    package var reason: String?
    package var exitCode: Int?
    package var signal: Int?
    /// Why it failed, as one word for programs; nil when it did not fail.
    package var cause: String?
    /// The attempt has not ended its try: it goes on when this has come.
    package var suspension: Suspension?
    /// What it tells of the assets that it updated.
    package var outletEvents: [OutletEvent] = []

    package init(_ outcome: AttemptOutcome, of task: TaskDocument, isMappedOver: Bool) {
        switch outcome {
        case .suspended(let suspension):
            // Only what nobody can wait for ends the try.
            end = .failedForGood
            reason = suspension.problem
            if reason == nil { (self.suspension, reason) = (suspension, suspension.sentence) }
        case .skipped(let reason):
            end = .skipped
            self.reason = reason
        case .failed(let failure):
            end = failure.cause.end
            reason = failure.message
            exitCode = failure.exitCode
            signal = failure.signal
            cause = failure.cause.name
            apply(task.retryPolicy, to: failure, hasRetries: task.retries > 0)
        case .success(let bytes) where bytes.count > LargeOutput.threshold:
            end = .failedForGood
            cause = AttemptFailure.Cause.final.name
            reason = """
                the output has \(bytes.count) bytes, and was not stored in parts as outputs above \(LargeOutput.threshold) are: run the \
                scheduler and its workers on one release
                """
        case .success(let bytes):
            end = .success()
            output = String(decoding: bytes, as: UTF8.self)
            steer(task)
            if isMappedOver { measureList(task, jsonArrayLength(output)) }
        case .kept(let output):
            end = .success()
            isKept = true
            if decides(task) {
                fail(
                    "the output of \(task.id), which decides what is downstream, has \(output.size) bytes; at most \(LargeOutput.threshold) are read"
                )
            } else if isMappedOver {
                measureList(task, output.listLength)
            }
        }
    }

    /// An attempt whose worker is gone.
    package static func lost(_ reason: String) -> EndedAttempt {
        var ended = EndedAttempt(.lost, reason)
        ended.cause = AttemptFailure.Cause.infrastructure.name
        return ended
    }

    /// Ends a failure for good that the task's policy does not try again.
    private mutating func apply(_ policy: RetryPolicy, to failure: AttemptFailure, hasRetries: Bool) {
        let facts = RetryFacts(
            isTimeout: failure.cause == .timeout, exitCode: failure.exitCode, signal: failure.signal,
            errorType: failure.errorType)
        guard end == .failed, let refusal = policy.refusal(of: facts) else { return }
        end = .failedForGood
        if hasRetries { reason = "\(failure.message); \(refusal)" }
    }

    /// The attempt of an instance that a person cleared meanwhile: whatever it says comes too late.
    package static let unwanted = EndedAttempt(.failed, "the task instance was cleared while the attempt ran")

    private init(_ end: AttemptEnd, _ reason: String) {
        self.end = end
        self.reason = reason
    }

    private mutating func steer(_ task: TaskDocument) {
        guard decides(task) else { return }
        guard let steering = Steering(json: output, kind: task.kind) else {
            fail("the output of \(task.id), which decides what is downstream, cannot be read: \(output)")
            return
        }
        self.steering = steering == .all ? nil : output
        end = .success(steering: steering)
    }

    private func decides(_ task: TaskDocument) -> Bool {
        switch task.kind {
        case .branch, .shortCircuit, .builtIn(InputRequest.approvalType, _): true
        default: false
        }
    }

    private mutating func measureList(_ task: TaskDocument, _ length: Int?) {
        guard !task.isMapped else { return }
        guard let length else {
            fail("tasks are mapped over the output of \(task.id), which is not a list")
            return
        }
        guard length <= maximumMapLength else {
            fail(
                "tasks are mapped over the output of \(task.id), which has \(length) elements; at most \(maximumMapLength) are allowed"
            )
            return
        }
        listLength = length
        end = .success(listLength: length)
    }

    private mutating func fail(_ reason: String) {
        end = .failedForGood
        output = ""
        isKept = false
        cause = AttemptFailure.Cause.final.name
        self.reason = reason
    }
}

extension AttemptFailure.Cause {
    /// As the API and the database spell it.
    var name: String {
        switch self {
        case .task: "task"
        case .final: "final"
        case .timeout: "timeout"
        case .cancelled: "cancelled"
        case .infrastructure: "infrastructure"
        }
    }

    var end: AttemptEnd {
        switch self {
        case .task, .timeout: .failed
        case .final, .cancelled: .failedForGood
        case .infrastructure: .lost
        }
    }
}
