import DAGKit

@main
struct NoOutputAsInput: DAG {
    func body() {
        let hello = task("hello") { _ in print("hello") }
        task("again", hello) { _, hello in print(hello) }  // error: that task leaves no value
    }
}
