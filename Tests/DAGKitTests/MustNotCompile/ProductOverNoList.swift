import DAGKit

@main
struct ProductOverNoList: DAG {
    func body() {
        let count = task("count") { _ in 3 }
        task("add", each: crossProduct(count, [1, 2])) { _, one, other in one + other }  // error:
    }
}
