import DAGKit

struct Model: Codable { var path: String }

@main
struct UnknownOutputProperty: DAG {
    func body() {
        let model = task("train") { _ in Model(path: "model.pkl") }
        task("upload", S3Upload(file: "\(model, \.file)", to: "s3://models/gw"))  // error: no member 'file'
    }
}
