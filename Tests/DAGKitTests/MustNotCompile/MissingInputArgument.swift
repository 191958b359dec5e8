import DAGKit

@main
struct MissingInputArgument: DAG {
    func body() {
        let left = task("left") { _ in 1 }
        let right = task("right") { _ in 2 }
        task("add", left, right) { _, left in left + 1 }  // error:
    }
}
