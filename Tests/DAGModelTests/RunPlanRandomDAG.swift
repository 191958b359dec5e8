import DAGModel

/// A random DAG of up to 30 tasks, and how each attempt in it ends.
struct RandomDAG {
    enum Features { case all, withoutSteering }

    let graph: DAGGraph
    private var ends: [InstanceKey: [AttemptEnd]] = [:]

    init(seed: Int, features: Features = .all) {
        var random = SeededGenerator(seed: UInt64(seed))
        let count = Int.random(in: 1...30, using: &random)
        let tasks = (0..<count).map { Self.task($0, features, &random) }
        graph = DAGGraph(DAGDocument(id: "random", tasks: tasks))
        for task in tasks.indices {
            for mapIndex in -1..<4 {
                ends[InstanceKey(task: task, mapIndex: mapIndex)] = (0..<4).map { _ in end(of: task, &random) }
            }
        }
    }

    /// How the attempt with this number ends; the last one ends for good.
    func end(_ key: InstanceKey, tryNumber: Int) -> AttemptEnd {
        let ends = ends[key] ?? []
        return tryNumber <= ends.count ? ends[tryNumber - 1] : .failedForGood
    }

    private static func task(_ index: Int, _ features: Features, _ random: inout SeededGenerator) -> TaskDocument {
        let upstream = (0..<index).filter { _ in random.chance(index < 6 ? 35 : 12) }
        var task = TaskDocument(
            id: "t\(index)", kind: .author, upstream: upstream.map { "t\($0)" },
            triggerRule: random.chance(50)
                ? .allSuccess : TriggerRule.allCases.randomElement(using: &random) ?? .always,
            retries: random.chance(30) ? Int.random(in: 1...2, using: &random) : 0)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<15: task.mappedCount = Int.random(in: 0...3, using: &random)
        case 15..<30:
            task.inputs =
                upstream.randomElement(using: &random).map { [TaskInput(task: "t\($0)", kind: .element)] } ?? []
        case 30..<40: task.kind = .empty
        case 40..<50 where features == .all: task.kind = .branch
        case 50..<58 where features == .all: task.kind = .shortCircuit
        default: break
        }
        return task
    }

    private func end(of task: Int, _ random: inout SeededGenerator) -> AttemptEnd {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<12: .failed
        case 12..<16: .failedForGood
        case 16..<24: .skipped
        case 24..<30: .lost
        default: .success(steering: steering(of: task, &random), listLength: Int.random(in: 0...3, using: &random))
        }
    }

    private func steering(of task: Int, _ random: inout SeededGenerator) -> Steering? {
        switch graph.tasks[task].kind {
        case .branch:
            .follow(graph.downstream[task].filter { _ in random.chance(50) }.map { graph.tasks[$0].id })
        case .shortCircuit: [.all, .skipDownstream, .skipDirectDownstream].randomElement(using: &random)
        default: nil
        }
    }
}

extension SeededGenerator {
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}
