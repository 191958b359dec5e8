import DAGKit

@main
struct UnknownParameter: DAG {
    struct Params: DAGParams { var epochs = 20 }

    func body() {
        task("train", Python("jobs/train.py", arguments: ["--epochs", "\(param: \Params.epoch)"]))  // error: no member 'epoch'
    }
}
