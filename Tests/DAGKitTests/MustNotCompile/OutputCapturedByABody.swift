import DAGKit

@main
struct OutputCapturedByABody: DAG {
    func body() {
        let count = task("count") { _ in 3 }
        task("next") { _ in count + 1 }  // error:
    }
}
