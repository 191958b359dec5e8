import DAGKit

@main
struct Cycle: DAG {
    func body() {
        let first = task("first", Empty())
        let second = task("second", Empty())
        let third = task("third", Empty())
        chain(first, second, third)
        third >> second
    }
}
