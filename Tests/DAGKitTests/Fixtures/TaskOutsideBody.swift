import DAGKit

@main
struct TaskOutsideBody: DAG {
    let early = task("early") { _ in 1 }
    func body() {}
}
