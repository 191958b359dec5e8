import DAGKit

@main
struct DuplicateIDs: DAG {
    func body() {
        task("same") { _ in 1 }
        task("same") { _ in 2 }
        task("bad id") { _ in 3 }
        task("late", retries: -1) { _ in 4 }
    }
}
