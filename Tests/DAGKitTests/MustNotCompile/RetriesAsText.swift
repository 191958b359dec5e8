import DAGKit

@main
struct RetriesAsText: DAG {
    func body() {
        task("hello", retries: "2") { _ in print("hello") }  // error:
    }
}
