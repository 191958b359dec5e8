/// Which failures of a task are tried again, while it has retries left.
///
/// Source: Airflow 3.3.2, `sdk/definitions/retry_policy.py`; Kubernetes, `podFailurePolicy`, for exit codes.
public struct RetryPolicy: Sendable, Hashable, Codable {
    /// Only failures of these causes are tried again; nil means all.
    public var on: [RetryCause]?
    /// Failures of these causes are not tried again, also when `on` names them.
    public var never: [RetryCause] = []
    /// How often one task instance may lose its worker and be tried again, which costs no retry. Defaults to 3.
    public var maxLosses = 3

    public init() {}

    private enum CodingKeys: String, CodingKey { case on, never, maxLosses }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        on = try values.decodeIfPresent([RetryCause].self, forKey: .on)
        never = try values.decodeIfPresent([RetryCause].self, forKey: .never) ?? []
        maxLosses = try values.decodeIfPresent(Int.self, forKey: .maxLosses) ?? 3
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(on, forKey: .on)
        try values.encode(never, forKey: .never, unless: [])
        try values.encode(maxLosses, forKey: .maxLosses, unless: 3)
    }
}

/// What a retry may depend on.
public enum RetryCause: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The attempt ran longer than its execution timeout.
    case timeout
    /// The program, or the task's process, ended with this code.
    case exitCode(Int)
    /// A signal ended it.
    case signal(Int)
    /// The body threw an error of the type with this name, without its module: `"Throttled"`.
    case error(String)

    public var description: String {
        switch self {
        case .timeout: "a timeout"
        case .exitCode(let code): "exit code \(code)"
        case .signal(let signal): "signal \(signal)"
        case .error(let type): "\(type)"
        }
    }
}

/// What is known of a failure that may be tried again.
public struct RetryFacts: Sendable, Hashable {
    public var isTimeout: Bool
    public var exitCode: Int?
    public var signal: Int?
    public var errorType: String?

    public init(isTimeout: Bool = false, exitCode: Int? = nil, signal: Int? = nil, errorType: String? = nil) {
        self.isTimeout = isTimeout
        self.exitCode = exitCode
        self.signal = signal
        self.errorType = errorType
    }

    fileprivate func isCaused(by cause: RetryCause) -> Bool {
        switch cause {
        case .timeout: isTimeout
        // What was stopped after its timeout may have an exit code too; the timeout is why.
        case .exitCode(let code): !isTimeout && exitCode == code
        case .signal(let number): !isTimeout && signal == number
        case .error(let type): !isTimeout && errorType == type
        }
    }
}

extension RetryPolicy {
    /// Why a failure is not tried again; nil when it may be.
    public func refusal(of failure: RetryFacts) -> String? {
        if let cause = never.first(where: failure.isCaused) { return "not tried again: never on \(cause)" }
        guard let on, !on.contains(where: failure.isCaused) else { return nil }
        return "not tried again: only on \(on.map(\.description).joined(separator: ", "))"
    }

    func problems(line: Int) -> [DAGProblem] {
        var problems: [DAGProblem] = []
        if maxLosses < 0 { problems.append(DAGProblem("maxLosses: must be at least 0, is \(maxLosses)", line: line)) }
        for case .exitCode(let code) in (on ?? []) + never where !(1...255).contains(code) {
            problems.append(DAGProblem("retries on exit code \(code): a failure has a code from 1 to 255", line: line))
        }
        for case .signal(let signal) in (on ?? []) + never where !(1...64).contains(signal) {
            problems.append(DAGProblem("retries on signal \(signal): signals are 1 to 64", line: line))
        }
        if on?.isEmpty == true {
            problems.append(
                DAGProblem("retries on nothing: write retries: 0 for a task that is not tried again", line: line))
        }
        return problems
    }
}
