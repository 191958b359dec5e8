import DAGKit

@main
struct CapturedVariable: DAG {
    func body() {
        var total = 0
        task("add") { _ in total += 1 }  // error:
    }
}
