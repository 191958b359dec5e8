import DAGKit

struct Model { var path: String }

@main
struct MappedOutputIsNotCodable: DAG {
    func body() {
        let names = task("names") { _ in ["H1", "L1"] }
        task("train", each: names) { _, name in Model(path: name) }  // error: OutputsMustBeCodableAndSendable
    }
}
