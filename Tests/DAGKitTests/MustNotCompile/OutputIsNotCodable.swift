import DAGKit

struct Model { var path: String }

@main
struct OutputIsNotCodable: DAG {
    func body() {
        task("train") { _ in Model(path: "model.pkl") }  // error: OutputsMustBeCodableAndSendable
    }
}
