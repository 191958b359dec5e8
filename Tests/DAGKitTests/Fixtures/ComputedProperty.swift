import DAGKit

struct Model: Codable, Sendable {
    var path: String
    var name: String { path + "!" }
}

@main
struct ComputedProperty: DAG {
    func body() {
        let model = task("train") { _ in Model(path: "model.pkl") }
        task("show", Shell("echo \(model, \.name)"))
    }
}
