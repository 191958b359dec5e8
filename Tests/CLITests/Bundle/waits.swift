import DAGKit

/// Waits for two assets, one of which nobody makes.
@main
struct Waits: DAG {
    let schedule = Schedule.assets(Asset("s3://raw/strain") && Asset("catalogue", uri: "s3://raw/catalogue"))

    func body() {
        task("read") { context in
            for event in try await context.triggeringAssetEvents() { print("\(event.asset) by \(event.sourceTaskID ?? "a person")") }
        }
    }
}
