import DAGKit

/// Runs until it is cancelled.
@main
struct Slow: DAG {
    func body() {
        task("wait", Shell("echo waiting; sleep 1000 & wait"))
    }
}
