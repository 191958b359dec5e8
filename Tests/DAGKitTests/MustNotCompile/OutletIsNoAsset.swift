import DAGKit

@main
struct OutletIsNoAsset: DAG {
    func body() {
        task("hello") { _ in print("hello") }.outlets("s3://models/gw")  // error: 'String'
    }
}
