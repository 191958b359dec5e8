import DAGKit

struct Model: Codable, Sendable {
    var path: String

    enum CodingKeys: String, CodingKey { case path = "file_path" }
}

@main
struct RenamedKey: DAG {
    func body() {
        let model = task("train") { _ in Model(path: "model.pkl") }
        task("show", Shell("echo \(model, \.path)"))
    }
}
