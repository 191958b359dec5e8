import DAGKit

/// Updates an asset.
@main
struct Makes: DAG {
    func body() {
        task("make") { context in try context.setExtra(of: Asset("s3://raw/strain"), to: ["files": 12]) }
            .outlets(Asset("s3://raw/strain"))
    }
}
