import DAGKit
import Glibc

@main
struct TellsTheTime: DAG {
    func body() {
        task("at_\(time(nil) / 3600)") { _ in 1 }
    }
}
