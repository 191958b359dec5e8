import DAGKit

@main
struct LazyInputs: DAG {
    func body() {
        let list = task("list") { _ in [1, 2, 3] }
        task("read", list.lazy, list) { _, list, all in try await list.count() + all.count }
        task("each", each: list, list.lazy) { _, number, list in try await list.element(0) + number }
        taskGroup("g", each: list) { number in
            task("inner", number.lazy) { _, number in try await number.value() }
        }
    }
}
