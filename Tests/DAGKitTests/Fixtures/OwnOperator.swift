import DAGKit

struct Notify: TaskOperator {
    var text: Template
    var channel = "gw"

    func run(_ context: TaskContext) async throws -> Int { text.text.count }
}

enum Scores {
    struct All: Codable, Sendable { var best: Double }
}

@main
struct OwnOperator: DAG {
    let id = "notify.people"
    let schedule = Schedule.every(.minutes(90))

    func body() {
        let model = task("model") { _ in ["path": "model.pkl"] }
        let scores = task("score", Train("jobs/score.py", returning: Scores.All.self))
        task("say", Shell("echo \(scores, \.result.best) \(scores, \.artifactsURI)"))
        task("notify", Notify(text: "run \(.runID) left \(model) in \("s3") \(3)"), uses: [.variable("stage")])
    }
}
