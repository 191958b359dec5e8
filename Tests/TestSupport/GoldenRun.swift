// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The fields are named as in the recorded JSON.
package import DAGModel
import Foundation

/// A whole DAG run as real Airflow left it.
package struct GoldenRun: Decodable, Sendable {
    package struct Task: Decodable, Sendable {
        package let id: String
        package let upstream: [String]
        package let trigger_rule: TriggerRule
        package let kind: String
        package let outcome: String?
        package let outcomes: [String]?
        package let choose: [String]?
        package let result: Bool?
        package let ignore_downstream_trigger_rules: Bool?
    }

    package struct Expected: Decodable, Sendable {
        package struct Instance: Decodable, Sendable {
            package let task: String
            package let map_index: Int
            package let state: String?
            package let try_number: Int
        }

        package let run_state: String
        package let instances: [Instance]
    }

    package let dag: String
    package let tasks: [Task]
    package let expected: Expected

    package var expectedInstances: Set<String> {
        Set(expected.instances.map { "\($0.task)[\($0.map_index)] \($0.state ?? "none") \($0.try_number)" })
    }

    /// The cases of `Tests/Golden`, or of the folder that `SLIPSTREAM_GOLDEN` names.
    package static func load() throws -> [GoldenRun] {
        struct Cases: Decodable { let cases: [GoldenRun] }
        let own = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["SLIPSTREAM_GOLDEN"].map { URL(filePath: $0) }
            ?? own.appending(path: "Golden")
        return try JSONDecoder().decode(Cases.self, from: Data(contentsOf: folder.appending(path: "dag_runs.json")))
            .cases
    }

    /// Runs every ready task of a pass, in id order, before the next pass, as the golden runs were made.
    package func simulate() -> (Set<String>, DAGRunState) {
        var plan = RunPlan(graph: DAGGraph(document))
        var ready: [InstanceKey] = []
        repeat {
            ready = plan.pass().filter { $0.state == .scheduled }.map(\.key)
            ready.sort { (tasks[$0.task].id, $0.mapIndex) < (tasks[$1.task].id, $1.mapIndex) }
            while let key = ready.first {
                ready.removeFirst()
                plan.note(key, .queued)
                plan.note(key, .running)
                if plan.end(key, end(of: key, tryNumber: plan[key]?.tryNumber ?? 0)) == .upForRetry,
                    plan.retryIsDue(key)
                {
                    ready.append(key)
                }
            }
        } while plan.finalState == nil
        return (instances(of: plan), plan.finalState ?? .running)
    }

    /// Whether it ends the same in whatever order its tasks end; tried with some orders.
    package var isIndependentOfOrder: Bool {
        (0..<50 as Range<UInt64>).allSatisfy { seed in
            let (instances, state) = simulate(seed: seed)
            return instances == expectedInstances && state.rawValue == expected.run_state
        }
    }

    /// Ends one ready task after the other, by chance, and plans after each.
    private func simulate(seed: UInt64) -> (Set<String>, DAGRunState) {
        var plan = RunPlan(graph: DAGGraph(document))
        var chance = seed &* 0x9E37_79B9_7F4A_7C15
        var ready: [InstanceKey] = []
        repeat {
            ready += plan.pass().filter { $0.state == .scheduled }.map(\.key)
            guard !ready.isEmpty else { continue }
            chance = chance &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let key = ready.remove(at: Int((chance >> 33) % UInt64(ready.count)))
            guard plan[key]?.state == .scheduled else { continue }
            plan.note(key, .queued)
            plan.note(key, .running)
            if plan.end(key, end(of: key, tryNumber: plan[key]?.tryNumber ?? 0)) == .upForRetry, plan.retryIsDue(key) {
                ready.append(key)
            }
        } while plan.finalState == nil
        return (instances(of: plan), plan.finalState ?? .running)
    }

    private var document: DAGDocument {
        DAGDocument(
            id: dag,
            tasks: tasks.map { task in
                TaskDocument(
                    id: task.id, kind: .author, upstream: task.upstream, mappedCount: task.outcomes?.count,
                    triggerRule: task.trigger_rule, retries: task.outcome?.hasPrefix("retry") == true ? 1 : 0)
            })
    }

    private func end(of key: InstanceKey, tryNumber: Int) -> AttemptEnd {
        let task = tasks[key.task]
        switch task.kind {
        case "branch": return .success(steering: .follow(task.choose ?? []))
        case "short_circuit" where task.result == false:
            let ignoring = task.ignore_downstream_trigger_rules ?? true
            return .success(steering: ignoring ? .skipDownstream : .skipDirectDownstream)
        case "short_circuit": return .success()
        default: return end(task.outcomes?[key.mapIndex] ?? task.outcome ?? "success", tryNumber)
        }
    }

    private func end(_ outcome: String, _ tryNumber: Int) -> AttemptEnd {
        switch outcome {
        case "skipped": .skipped
        case "failed": .failedForGood
        case "retry_then_failed": .failed
        case "retry_then_success": tryNumber == 1 ? .failed : .success()
        default: .success()
        }
    }

    private func instances(of plan: RunPlan) -> Set<String> {
        Set(
            tasks.indices.flatMap { task in
                plan.tasks[task].instances.map {
                    "\(tasks[task].id)[\($0.mapIndex)] \($0.state.rawValue) \($0.tryNumber)"
                }
            })
    }
}
