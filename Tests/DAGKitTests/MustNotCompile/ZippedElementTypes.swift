import DAGKit

@main
struct ZippedElementTypes: DAG {
    func body() {
        let names = task("names") { _ in ["H1", "L1"] }
        task("square", each: crossProduct(names, [1, 2])) { _, name, number in name * number }  // error:
    }
}
