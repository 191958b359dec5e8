import DAGKit

/// Fails: at once, and by a connection that its task does not declare.
@main
struct Fails: DAG {
    func body() {
        let count = task("count") { _ -> Int in throw FailTask("the table is empty") }
        task("report", count) { _, count in print(count) }
        task("connect") { context in _ = try await context.connection("minio") }
    }
}
