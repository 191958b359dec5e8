import DAGModel
import TestSupport
import Testing

/// Whole DAG runs as real Airflow left them. `SLIPSTREAM_GOLDEN` names another folder with cases of the same form.
@Suite struct RunPlanGoldenTests {
    @Test func `every task instance and run ends as in Airflow`() throws {
        let cases = try GoldenRun.load()
        #expect(!cases.isEmpty)
        for golden in cases {
            let (instances, state) = golden.simulate()
            #expect(instances == golden.expectedInstances, "\(golden.dag)")
            #expect(state.rawValue == golden.expected.run_state, "\(golden.dag)")
        }
    }
}
