import DAGKit

@main
struct EdgeToNoTask: DAG {
    func body() {
        let hello = task("hello") { _ in print("hello") }
        hello >> "world"  // error:
    }
}
