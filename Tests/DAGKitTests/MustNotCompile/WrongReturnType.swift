import DAGKit

@main
struct WrongReturnType: DAG {
    func body() {
        task("name") { _ -> String in  // error:
            3
        }
    }
}
