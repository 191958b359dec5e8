import DAGKit

final class Model: Codable { var path = "model.pkl" }

@main
struct OutputIsNotSendable: DAG {
    func body() {
        let model = task("train") { _ in Model() }  // error: OutputsMustBeCodableAndSendable
        task("upload", S3Upload(file: "\(model, \.path)", to: "s3://models/gw/"))
    }
}
