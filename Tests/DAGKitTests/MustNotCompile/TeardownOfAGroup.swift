import DAGKit

@main
struct TeardownOfAGroup: DAG {
    func body() {
        let load = taskGroup("load") { task("download") { _ in "data.csv" } }
        task("delete") { _ in print("deleted") }.asTeardown(setups: load)  // error: TaskGroup
    }
}
