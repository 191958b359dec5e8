import DAGKit

struct Model: Codable { var path: String }
struct Report: Codable { var plot: String }

@main
struct KeyPathOfAnotherType: DAG {
    func body() {
        let model = task("train") { _ in Model(path: "model.pkl") }
        task("upload", S3Upload(file: "\(model, \Report.plot)", to: "s3://models/gw"))  // error:
    }
}
