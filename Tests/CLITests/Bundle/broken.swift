import DAGKit

@main
struct Broken: DAG {
    func body() {
        task("sum") { _ in 1 + "1" }
    }
}
