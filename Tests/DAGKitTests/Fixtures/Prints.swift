import DAGKit

@main
struct Prints: DAG {
    func body() {
        print("garbage {")
        task("one") { _ in 1 }
    }
}
