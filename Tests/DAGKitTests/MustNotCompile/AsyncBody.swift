import DAGKit

@main
struct AsyncBody: DAG {  // error:
    func body() async {
        task("hello") { _ in print("hello") }
    }
}
