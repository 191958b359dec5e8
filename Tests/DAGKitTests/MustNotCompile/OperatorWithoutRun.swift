import DAGKit

struct Notify: TaskOperator {  // error:
    var text: Template
}

@main
struct OperatorWithoutRun: DAG {
    func body() {
        task("notify", Notify(text: "run \(.runID)"))
    }
}
