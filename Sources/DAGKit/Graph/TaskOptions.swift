internal import DAGModel

/// How long to wait before a task is tried again.
public struct RetryWait: Sendable {
    let delay: RetryDelay

    /// The same wait before each further attempt.
    public static func constant(_ wait: Duration) -> RetryWait {
        RetryWait(delay: RetryDelay(base: wait.inSeconds))
    }

    /// A wait that grows with each attempt, with Airflow's jitter: between `first` and twice as long before the second attempt, and
    /// `multiplier` times that before each further one. `maximum` defaults to a day, which no wait exceeds, `multiplier` to 2.
    public static func exponential(
        from first: Duration, to maximum: Duration = .hours(24), multiplier: Double = 2
    ) -> RetryWait {
        RetryWait(
            delay: RetryDelay(
                base: first.inSeconds, exponentialBackoff: true, maximum: maximum.inSeconds, multiplier: multiplier))
    }

    /// So many seconds before each further attempt.
    public static func seconds(_ count: Int) -> RetryWait { .constant(.seconds(count)) }

    /// So many minutes before each further attempt.
    public static func minutes(_ count: Int) -> RetryWait { .constant(.minutes(count)) }
}

/// What every form of ``task`` may be told, gathered in one value.
struct TaskOptions {
    var retries: Int?
    var retryDelay: RetryWait?
    var executionTimeout: Duration?
    var triggerRule: TriggerRule?
    var uses: [Use]
    var doc: String?
    var line: Int

    func document(
        _ id: String, _ kind: TaskKind, inputs: [TaskInput], output: Any.Type
    ) -> TaskDocument {
        let defaults = GraphBuilder.currentDefaults
        var task = TaskDocument(
            id: id, kind: kind, inputs: inputs, triggerRule: triggerRule ?? defaults.triggerRule ?? .allSuccess,
            retries: retries ?? defaults.retries ?? 0,
            retryDelay: (retryDelay ?? defaults.retryDelay ?? .minutes(5)).delay,
            executionTimeout: (executionTimeout ?? defaults.executionTimeout)?.inSeconds, uses: uses, doc: doc,
            outputType: typeName(output), line: line)
        task.outputShape = kind.leavesValue ? SchemaProbe.shape(of: output) : nil
        task.limits = defaults.limits
        task.past = defaults.past
        task.retryPolicy = defaults.retryPolicy
        return task
    }
}

extension TaskKind {
    /// Whether later tasks read what the task returns: a branch's word is the scheduler's.
    fileprivate var leavesValue: Bool {
        switch self {
        case .author, .builtIn: true
        case .branch, .shortCircuit, .empty: false
        }
    }
}

/// The type's name without the module of the DAG file, which is made up by the compiler's caller.
func typeName(_ type: Any.Type) -> String { String(describing: type) }
