import DAGKit

@main
struct WrongAssets: DAG {
    let schedule = Schedule.manual.or(assets: Asset("model", uri: "s3://models/1"))

    func body() {
        task("one") { _ in }.outlets(Asset("model", uri: "s3://models/2"), Asset(" "))
        task("two") { _ in }.inlets(Asset("table", uri: "postgres://ada:secret@host/db"))
    }
}
