import DAGKit

@main
struct MappingOverNoList: DAG {
    func body() {
        let count = task("count") { _ in 3 }
        task("square", each: count) { _, number in number * number }  // error: needs the output of a task that returns a list
    }
}
