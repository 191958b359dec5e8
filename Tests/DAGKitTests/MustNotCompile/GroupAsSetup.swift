import DAGKit

@main
struct GroupAsSetup: DAG {
    func body() {
        let load = taskGroup("load") { task("download") { _ in "data.csv" } }
        load.asSetup()  // error: no member 'asSetup'
    }
}
