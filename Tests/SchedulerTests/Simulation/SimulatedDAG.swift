import DAGModel
import WorkerProtocol

/// A random DAG: chain, diamond, fan, or anything, with mapped tasks, branches, trigger rules and retries; and how its attempts end.
struct SimulatedDAG {
    let document: DAGDocument
    private let seed: UInt64

    init(_ id: String, _ random: inout SeededGenerator) {
        seed = random.next()
        let count = Int.random(in: 1...10, using: &random)
        let shape = Int.random(in: 0..<4, using: &random)
        var tasks: [TaskDocument] = []
        for index in 0..<count {
            let upstream = Self.upstream(of: index, count: count, shape: shape, &random)
            tasks.append(Self.task(index, upstream, &random))
        }
        var document = DAGDocument(id: id, maxActiveRuns: Int.random(in: 1...3, using: &random), tasks: tasks)
        Self.limit(&document, &random)
        for task in document.tasks.indices where task % 3 == 0 {
            document.tasks[task].outlets = [Asset("\(id)/\(task)")]
        }
        self.document = document
    }

    private static func limit(_ document: inout DAGDocument, _ random: inout SeededGenerator) {
        if random.chance(15) { document.limits.dagrunTimeout = Double(Int.random(in: 1...300, using: &random)) }
        if random.chance(50) { document.limits.maxActiveTasks = Int.random(in: 1...3, using: &random) }
        for task in document.tasks.indices {
            document.tasks[task].limits.priorityWeight = Int.random(in: 0...3, using: &random)
            document.tasks[task].limits.weightRule = WeightRule.allCases.randomElement(using: &random) ?? .downstream
            if random.chance(15) {
                document.tasks[task].past.dependsOnPast = true
                document.tasks[task].past.waitForDownstream = random.chance(30)
                document.tasks[task].past.waitsBeforeSkipping = random.chance(30)
            }
            if random.chance(10) {
                document.tasks[task].limits.maxActiveTisPerDag = Int.random(in: 1...2, using: &random)
            }
            if random.chance(10) {
                document.tasks[task].limits.maxActiveTisPerDagrun = Int.random(in: 1...2, using: &random)
            }
        }
    }

    private static func upstream(of index: Int, count: Int, shape: Int, _ random: inout SeededGenerator) -> [Int] {
        guard index > 0 else { return [] }
        switch shape {
        case 0: return [index - 1]
        case 1: return index == count - 1 && count > 2 ? Array(1..<index) : [0]
        case 2: return [(index - 1) / 2]
        default: return (0..<index).filter { _ in random.chance(30) }
        }
    }

    private static func task(_ index: Int, _ upstream: [Int], _ random: inout SeededGenerator) -> TaskDocument {
        var task = TaskDocument(
            id: "t\(index)", kind: .author, upstream: upstream.map { "t\($0)" },
            triggerRule: random.chance(70)
                ? .allSuccess : TriggerRule.allCases.randomElement(using: &random) ?? .always,
            retries: random.chance(40) ? Int.random(in: 1...2, using: &random) : 0,
            retryDelay: RetryDelay(base: Double(Int.random(in: 0...30, using: &random))))
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<10: task.mappedCount = Int.random(in: 0...3, using: &random)
        case 10..<25:
            if let list = upstream.randomElement(using: &random) {
                task.inputs = [TaskInput(task: "t\(list)", kind: .element)]
            }
        case 25..<35: task.kind = .empty
        case 35..<42: task.kind = .branch
        case 42..<47: task.kind = .shortCircuit
        case 47..<52: task.kind = .builtIn(type: "s3_key_sensor", fields: .object([:]))
        case 52..<57:
            let delay = JSONValue.int(Int64.random(in: 0...60, using: &random))
            task.kind = .builtIn(type: TimeWait.operatorType, fields: .object(["delay": delay]))
        default: break
        }
        return task
    }

    /// How an attempt ends, always the same for the same attempt, and how long it takes.
    func end(_ spec: AttemptSpec, now: Instant) -> (outcome: AttemptOutcome, after: Int64) {
        var random = SeededGenerator(seed: seed)
        let waits = spec.resumption?.number ?? 0
        let place = [UInt8(spec.mapIndex + 1), UInt8(clamping: spec.tryNumber), UInt8(clamping: waits)]
        for value in spec.taskID.utf8 + place + spec.runID.utf8 {
            random = SeededGenerator(seed: random.next() ^ UInt64(value))
        }
        let outcome =
            waits < 3 && random.chance(15)
            ? .suspended(suspension(of: spec, now, &random)) : outcome(of: spec, &random)
        return (outcome, random.time(upTo: .seconds(60)))
    }

    /// What an attempt waits for. It saves its own id, so that what goes on can be told from what should.
    private func suspension(of spec: AttemptSpec, _ now: Instant, _ random: inout SeededGenerator) -> Suspension {
        let until = now + .microseconds(random.time(upTo: .seconds(120)))
        let end = random.chance(50) ? until : nil
        let request = InputRequest(subject: "?", options: ["a"], defaults: random.chance(50) ? ["a"] : [])
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return Suspension(.poke, until: until, saved: spec.id.description)
        case 1: return Suspension(.time, until: until, saved: spec.id.description)
        case 2:
            return Suspension(
                .event(key: spec.taskID), until: end, failsAtDeadline: random.chance(50), saved: spec.id.description)
        default: return Suspension(.person(request), until: end, saved: spec.id.description)
        }
    }

    private func outcome(of spec: AttemptSpec, _ random: inout SeededGenerator) -> AttemptOutcome {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<12: .failed(AttemptFailure(.task, "failed"))
        case 12..<15: .failed(AttemptFailure(.final, "failed for good"))
        case 15..<20: .skipped(reason: "nothing to do")
        case 20..<24: .failed(AttemptFailure(.infrastructure, "a part was lost"))
        default: .success(output: Array(output(of: spec, &random).utf8))
        }
    }

    private func output(of spec: AttemptSpec, _ random: inout SeededGenerator) -> String {
        switch document.tasks.first(where: { $0.id == spec.taskID })?.kind {
        case .branch:
            let children = document.tasks.filter { $0.upstream.contains(spec.taskID) }.map(\.id)
            let followed = children.filter { _ in random.chance(50) }.map { "\"\($0)\"" }
            return "{\"followed\":[\(followed.joined(separator: ","))]}"
        case .shortCircuit: return "{\"continue\":\(random.chance(50))}"
        default:
            let count = Int.random(in: 0...3, using: &random)
            return "[" + (0..<count).map(String.init).joined(separator: ",") + "]"
        }
    }
}
