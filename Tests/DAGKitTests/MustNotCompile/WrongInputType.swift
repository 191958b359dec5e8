import DAGKit

@main
struct WrongInputType: DAG {
    func body() {
        let count = task("count") { _ in 3 }
        task("shout", count) { _, text in
            print(text.uppercased())  // error: no member 'uppercased'
        }
    }
}
