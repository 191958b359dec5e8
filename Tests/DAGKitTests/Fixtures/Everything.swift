import DAGKit

struct Fold: Codable, Sendable { var train: [String]; var test: [String] }
struct Place: Codable, Sendable { var path: String }
struct Model: Codable, Sendable { var place: Place; var auc: Double }

@main
struct Everything: DAG {
    let description = "All that a DAG can say"
    let schedule = Schedule.cron("0 3 * * *", timezone: "Europe/Berlin")
    let start = Day(2026, 1, 1)
    let end = Day(2027, 1, 1)
    let catchup = true
    let maxActiveRuns = 2
    let isPausedUponCreation = true
    let tags = ["gw", "training"]
    let owner = "physics"
    let uses: [Use] = [.connection("minio")]

    struct Params: DAGParams { var epochs = 20; var minimumSNR = 8.0 }

    func body() {
        let keys = task("list", S3List(bucket: "raw", prefix: "strain/\(.ds)/", connection: "minio"), retries: 1)
        let white = task("whiten", Python("jobs/whiten.py", arguments: ["--keys", "\(keys)"]))
        let folds = task("split", keys) { _, keys in [Fold(train: keys, test: [])] }
        let models = task("train", each: folds, keys, retries: 2, retryDelay: .exponential(from: .seconds(10))) {
            context, fold, keys in
            Model(place: Place(path: fold.train[0]), auc: Double(keys.count + context.mapIndex))
        }
        let best = task("best", models, executionTimeout: .minutes(5), doc: "The best of all folds") { _, models in
            models.max { $0.auc < $1.auc } ?? models[0]
        }
        let upload = task(
            "publish",
            S3Upload(file: "\(best, \.place.path)", to: "s3://models/gw/\(.runID)/\(param: \Params.epochs)", connection: "minio"))
        white >> folds
        best >> upload
    }
}
