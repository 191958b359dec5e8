// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The fields are named as in the recorded JSON.
import DAGModel
import Foundation
import Testing

/// Whole DAG runs as real Airflow left them. `SLIPSTREAM_GOLDEN` names another folder with cases of the same form.
@Suite struct RunPlanGoldenTests {
    @Test func `every task instance and run ends as in Airflow`() throws {
        let cases = try GoldenRuns.load()
        #expect(!cases.isEmpty)
        for golden in cases {
            let (instances, state) = golden.simulate()
            #expect(instances == golden.expectedInstances, "\(golden.dag)")
            #expect(state.rawValue == golden.expected.run_state, "\(golden.dag)")
        }
    }
}

struct GoldenRuns: Decodable {
    let cases: [GoldenRun]

    static func load() throws -> [GoldenRun] {
        let folder =
            ProcessInfo.processInfo.environment["SLIPSTREAM_GOLDEN"].map { URL(filePath: $0) }
            ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
                path: "Golden")
        let data = try Data(contentsOf: folder.appending(path: "dag_runs.json"))
        return try JSONDecoder().decode(GoldenRuns.self, from: data).cases
    }
}

struct GoldenRun: Decodable {
    struct Task: Decodable {
        let id: String
        let upstream: [String]
        let trigger_rule: TriggerRule
        let kind: String
        let outcome: String?
        let outcomes: [String]?
        let choose: [String]?
        let result: Bool?
        let ignore_downstream_trigger_rules: Bool?
    }

    struct Expected: Decodable {
        struct Instance: Decodable {
            let task: String
            let map_index: Int
            let state: String?
            let try_number: Int
        }

        let run_state: String
        let instances: [Instance]
    }

    let dag: String
    let tasks: [Task]
    let expected: Expected

    var expectedInstances: Set<String> {
        Set(expected.instances.map { "\($0.task)[\($0.map_index)] \($0.state ?? "none") \($0.try_number)" })
    }

    /// Runs every ready task of a pass, in id order, before the next pass, as the golden runs were made.
    func simulate() -> (Set<String>, DAGRunState) {
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
