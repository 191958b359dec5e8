import DAGKit

final class Counter { var count = 0 }

@main
struct SharedState: DAG {
    func body() {
        let counter = Counter()
        task("count") { _ in counter.count += 1 }  // error: non-Sendable type 'Counter'
    }
}
