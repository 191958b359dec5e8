import DAGKit

@main
struct UnknownTriggerRule: DAG {
    func body() {
        task("notify", triggerRule: .allDoen) { _ in print("done") }  // error: no member 'allDoen'
    }
}
