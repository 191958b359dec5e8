import DAGKit

func shout(_ text: String) -> String { text.uppercased() }

@main
struct WrongDeclaredInputType: DAG {
    func body() {
        let count = task("count") { _ in 3 }
        task("shout", count) { _, count in shout(count) }  // error: 'Int' to expected argument type 'String'
    }
}
