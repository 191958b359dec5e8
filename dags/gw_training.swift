import DAGKit

/// What `evaluate.py` leaves: areas under the ROC curves on the held-out files.
struct Evaluation: Codable, Sendable {
    var classifier: Double
    var matchedFilter: Double
    var report: String

    private enum CodingKeys: String, CodingKey {
        case classifier, report
        case matchedFilter = "matched_filter"
    }
}

/// What `train.py` leaves beside its model.
struct Training: Codable, Sendable {
    var model: String
    var epochs: Int
    var loss: Double
    var validationAUC: Double

    private enum CodingKeys: String, CodingKey {
        case model, epochs, loss
        case validationAUC = "validation_auc"
    }
}

/// Where everything of a run has been published, and how good it is.
struct Release: Codable, Sendable {
    var model: String
    var plot: String
    var report: String
    var auc: Double
}

/// Trains a classifier that finds the inspirals of black holes in the strain of a gravitational-wave detector, judges it beside a
/// matched filter on files it has not seen, and publishes model, report and ROC curve.
@main
struct GWTraining: DAG {
    let description = "From strain in S3 to a published classifier of inspirals"
    let tags = ["gw", "training"]

    struct Params: DAGParams {
        var segment = "demo"
        var epochs = 20
        var hidden = 16
        var falseAlarm = 0.01
    }

    func body() {
        let keys = task(
            "list_strain", S3List(bucket: "raw", prefix: "strain/\(param: \Params.segment)/", connection: "minio"))
        let check = task("check", keys) { _, keys in
            let files = keys.filter { $0.hasSuffix(".npz") }
            guard files.count >= 6 else {
                throw FailTask("there are \(files.count) files of strain; training and evaluation need at least 6")
            }
            return files.count
        }
        let strain = task(
            "download",
            S3Download(from: "s3://raw/strain/\(param: \Params.segment)/", to: "strain", connection: "minio"),
            retries: 2)
        let white = task("whiten", Python("jobs/gw/whiten.py", arguments: ["\(strain)", "--output", "white"]))
        let training = task(
            "train",
            Train(
                "jobs/gw/train.py", arguments: ["--data", "white"],
                params: ["epochs": "\(param: \Params.epochs)", "hidden": "\(param: \Params.hidden)"],
                to: "s3://models/gw/\(.runID)/", connection: "minio", returning: Training.self),
            retries: 2, retryDelay: .seconds(5))
        let model = task(
            "fetch_model",
            S3Download(from: "\(training, \.artifactsURI)model.pkl", to: "model/model.pkl", connection: "minio"))
        let evaluation = task(
            "evaluate",
            Python(
                "jobs/gw/evaluate.py",
                arguments: [
                    "--data", "white", "--model", "\(model)", "--output", "evaluation",
                    "--false-alarm", "\(param: \Params.falseAlarm)",
                ],
                returning: Evaluation.self))
        let published = task(
            "publish", S3Upload(file: "evaluation", to: "s3://models/gw/\(.runID)/", connection: "minio"), retries: 2)
        task("release", training, evaluation, published) { context, training, evaluation, place in
            context.metric("auc", evaluation.classifier)
            context.metric("auc_matched_filter", evaluation.matchedFilter)
            return Release(
                model: place + "model.pkl", plot: place + "roc.png", report: place + "report.md",
                auc: evaluation.classifier)
        }
        chain(check, strain)
        white >> training
        evaluation >> published
    }
}
