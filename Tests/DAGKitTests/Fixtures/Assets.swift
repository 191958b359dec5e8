import DAGKit

let raw = Asset("S3://raw/strain/", group: "strain", extra: ["owner": "physics", "days": 3, "live": true])
let model = Asset("detector", uri: "s3://models/gw")

@main
struct Assets: DAG {
    let schedule = Schedule.daily.or(assets: raw && (Asset("catalogue") || Asset("vetoes")))

    func body() {
        let data = task("prepare") { _ in [1, 2] }.inlets(raw)
        task("train", each: data) { context, _ in try context.setExtra(of: model, to: ["auc": 0.9]) }
            .outlets(model, model).outlets(raw)
        task("announce", Empty()).outlets(Asset("news"))
    }
}
