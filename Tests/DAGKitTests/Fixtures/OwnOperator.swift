import DAGKit

struct Notify: TaskOperator {
    var text: Template
    var channel = "gw"

    func run(_ context: TaskContext) async throws -> Int { text.text.count }
}

@main
struct OwnOperator: DAG {
    let id = "notify.people"
    let schedule = Schedule.every(.minutes(90))

    func body() {
        let model = task("model") { _ in ["path": "model.pkl"] }
        task("notify", Notify(text: "run \(.runID) left \(model) in \("s3") \(3)"), uses: [.variable("stage")])
    }
}
