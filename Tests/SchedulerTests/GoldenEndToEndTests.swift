import DAGModel
import Store
import TestSupport
import Testing

/// DAG runs that real Airflow recorded, as DAG files by the real compiler, scheduler, PostgreSQL and worker.
///
/// Airflow ran the ready tasks of a pass in the order of their ids; here they run at once. So the sample is of those runs that end the same in
/// any order, spread over all of them.
@Suite(.timeLimit(.minutes(10))) struct GoldenEndToEndTests {
    private static let sampleSize = 8

    private static func sample() throws -> [GoldenRun] {
        let cases = try GoldenRun.load().filter(\.isIndependentOfOrder)
        let step = max(1, cases.count / sampleSize)
        return stride(from: 0, to: cases.count, by: step).prefix(sampleSize).map { cases[$0] }
    }

    @Test func `every task instance and run ends as in Airflow`() async throws {
        let sample = try Self.sample()
        #expect(!sample.isEmpty)
        let bundle = try await SchedulerBundle()
        let worker = try bundle.startWorker()
        for golden in sample {
            let dag = try await bundle.publish(golden.source)
            let run = try await bundle.finished(try await bundle.trigger(dag))
            let instances = try await bundle.store.instances(run: run.id).map {
                "\($0.taskID)[\($0.mapIndex)] \($0.state.rawValue) \($0.tryNumber)"
            }
            #expect(Set(instances) == golden.expectedInstances, "\(golden.dag)")
            #expect(run.state.rawValue == golden.expected.run_state, "\(golden.dag)")
        }
        worker.stop()
        await bundle.stop()
    }
}

extension GoldenRun {
    /// The run as a DAG file. Tasks are declared before those that may choose them.
    fileprivate var source: String {
        let declarations = tasks.reversed().map(\.declaration)
        let edges = tasks.flatMap { task in task.upstream.map { "\($0) >> \(task.id)" } }
        return """
            import DAGKit

            struct Busy: Error {}

            @main
            struct Golden: DAG {
                let id = "\(dag)"
                func body() {
            \((declarations + edges).map { "        " + $0 }.joined(separator: "\n"))
                }
            }
            """
    }
}

extension GoldenRun.Task {
    fileprivate var declaration: String {
        let rule = TriggerRule.allCases.first { $0 == trigger_rule }.map { ", triggerRule: .\($0)" } ?? ""
        let elements = outcomes.map { $0.isEmpty ? ", each: [String]()" : ", each: \($0)" } ?? ""
        let retries = outcome?.hasPrefix("retry") == true ? ", retries: 1, retryDelay: .seconds(0)" : ""
        return "let \(id) = task(\"\(id)\"\(elements)\(retries)\(rule)) { \(body) }"
    }

    private var body: String {
        switch (kind, outcome) {
        case ("branch", _): "_ in Branch(\((choose ?? []).joined(separator: ", ")))"
        case ("short_circuit", _):
            "_ in ShortCircuit(continue: \(result ?? true), ignoreDownstreamTriggerRules: \(ignore_downstream_trigger_rules ?? true))"
        case ("mapped", _):
            #"_, outcome in if outcome == "skipped" { throw SkipTask("wanted") } else if outcome == "failed" { throw FailTask("wanted") }"#
        case (_, "failed"): #"_ in throw FailTask("wanted")"#
        case (_, "skipped"): #"_ in throw SkipTask("wanted")"#
        case (_, "retry_then_failed"): "_ in throw Busy()"
        case (_, "retry_then_success"): "context in if context.tryNumber == 1 { throw Busy() }"
        default: #"_ in print("done")"#
        }
    }
}
