import DAGKit

@main
struct MissingOperatorField: DAG {
    func body() {
        task("upload", S3Upload(file: "model.pkl"))  // error:
    }
}
