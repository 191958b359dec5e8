import DAGKit

@main
struct NoOutputInTemplate: DAG {
    func body() {
        let hello = task("hello") { _ in print("hello") }
        task("again", Shell("echo \(hello)"))  // error:
    }
}
