import DAGKit

@main
struct ArgumentWithoutInput: DAG {
    func body() {
        task("add") { _, left in left + 1 }  // error:
    }
}
