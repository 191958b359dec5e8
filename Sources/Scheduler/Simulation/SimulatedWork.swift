internal import DAGModel
internal import WorkerProtocol

/// How long the attempts of a simulation take and how they end. The same attempt always ends the same way.
package struct SimulatedWork: Sendable {
    /// Tasks that a rule is about, as `dag.task`; `*` stands for any text.
    package struct Pattern: Sendable, Hashable {
        private let parts: [Substring]
        private let text: String

        package init(_ text: String) {
            self.text = text.contains(".") || text == "*" ? text : "\(text).*"
            parts = self.text.split(separator: "*", omittingEmptySubsequences: false)
        }

        func matches(_ name: String) -> Bool {
            guard parts.count > 1, let first = parts.first, let last = parts.last else { return name == text }
            guard name.hasPrefix(first), name.hasSuffix(last), name.utf8.count >= first.utf8.count + last.utf8.count
            else { return false }
            var rest = name.dropFirst(first.count).dropLast(last.count)
            for part in parts.dropFirst().dropLast() where !part.isEmpty {
                guard let range = rest.firstRange(of: part) else { return false }
                rest = rest[range.upperBound...]
            }
            return true
        }
    }

    /// Of a task without a rule of its own. Defaults to a minute.
    package var duration = Duration.seconds(60)
    /// The first that matches counts.
    package var durations: [(tasks: Pattern, duration: Duration)] = []
    /// So many first tries of each of these tasks' instances fail.
    package var failures: [(tasks: Pattern, tries: Int)] = []
    /// The share of all other attempts that fail, from 0 to 1. Defaults to 0.
    package var failureRate = 0.0
    package var seed: UInt64 = 0
    /// The length of lists that tasks are mapped over and that only a body would tell. Defaults to 3.
    package var listLength = 3

    package init() {}

    /// How long an attempt takes and how it ends.
    func end(_ spec: AttemptSpec, _ task: TaskDocument, children: [String]) -> (
        outcome: AttemptOutcome, after: Duration
    ) {
        let name = "\(spec.dagID).\(spec.taskID)"
        let duration = durations.first { $0.tasks.matches(name) }?.duration ?? duration
        if let limit = task.executionTimeout, duration > .seconds(limit) {
            let failure = AttemptFailure(.timeout, "took longer than its execution timeout")
            return (.failed(failure), .seconds(limit))
        }
        let failed = failures.contains { spec.tryNumber <= $0.tries && $0.tasks.matches(name) }
        if failed || (failureRate > 0 && chance(spec) < failureRate) {
            return (.failed(AttemptFailure(.task, "failed, as the simulation was told")), duration)
        }
        return (.success(output: Array(output(task, children).utf8)), duration)
    }

    /// Branches follow every way, short circuits go on.
    private func output(_ task: TaskDocument, _ children: [String]) -> String {
        switch task.kind {
        case .branch: "{\"followed\":[\(children.map { "\"\($0)\"" }.joined(separator: ","))]}"
        case .shortCircuit, .builtIn(InputRequest.approvalType, _): "{\"continue\":true}"
        default: "[\((0..<listLength).map(String.init).joined(separator: ","))]"
        }
    }

    /// A number from 0 to 1 that belongs to the attempt (FNV-1a over its name, then the finaliser of SplitMix64).
    private func chance(_ spec: AttemptSpec) -> Double {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
        for byte in "\(spec.dagID)/\(spec.runID)/\(spec.taskID)/\(spec.mapIndex)/\(spec.tryNumber)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((hash ^ (hash >> 31)) >> 11) / Double(1 << 53)
    }
}
