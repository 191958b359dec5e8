import DAGKit

/// Runs when asked, and has parameters.
@main
struct Hello: DAG {
    let description = "Greets everybody"
    let tags = ["example"]
    struct Params: DAGParams {
        var greeting = "Hello"
        var times = 1
    }

    func body() {
        let names = task("names") { _ in ["Ada", "Grace"] }
        let greetings = task("greet", each: names) { context, name in
            try "\(context.params(Params.self).greeting), \(name)!"
        }
        task("print", greetings) { _, greetings in
            for greeting in greetings { print(greeting) }
        }
    }
}
