import DAGKit

@main
struct MissingContext: DAG {
    func body() {
        task("hello") { print("hello") }  // error: a body takes the context first
    }
}
