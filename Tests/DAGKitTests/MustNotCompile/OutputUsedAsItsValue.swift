import DAGKit

@main
struct OutputUsedAsItsValue: DAG {
    func body() {
        let count = task("count") { _ in 3 }
        for index in 0..<count {  // error:
            task("part_\(index)") { _ in print(index) }
        }
    }
}
