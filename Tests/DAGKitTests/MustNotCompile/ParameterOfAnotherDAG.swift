import DAGKit

struct Settings: Codable { var epochs = 20 }

@main
struct ParameterOfAnotherDAG: DAG {
    func body() {
        task("train", Python("jobs/train.py", arguments: ["\(param: \Settings.epochs)"]))  // error: conform to 'DAGParams'
    }
}
