import DAGKit

@main
struct ParameterWithoutDefault: DAG {
    struct Params: DAGParams { var epochs: Int }  // error:

    func body() {
        task("hello") { _ in print("hello") }
    }
}
