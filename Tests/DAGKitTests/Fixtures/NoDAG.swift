import DAGKit

@main
struct NoDAG {
    static func main() {}
}
