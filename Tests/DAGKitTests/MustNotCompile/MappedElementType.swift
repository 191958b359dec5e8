import DAGKit

@main
struct MappedElementType: DAG {
    func body() {
        let names = task("names") { _ in ["H1", "L1"] }
        task("square", each: names) { _, name in name * 2 }  // error:
    }
}
