import DAGKit

@main
struct MappedOutputIsAList: DAG {
    func body() {
        let names = task("names") { _ in ["H1", "L1"] }
        let lengths = task("lengths", each: names) { _, name in name.count }
        task("report", lengths) { _, length in print(length.isMultiple(of: 2)) }  // error:
    }
}
