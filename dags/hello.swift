import DAGKit

/// The smallest DAG with data: three tasks, one of them mapped over a list.
@main
struct Hello: DAG {
    let description = "Greets everybody"
    let tags = ["example"]
    struct Params: DAGParams { var greeting = "Hello" }

    func body() {
        let names = task("names") { _ in ["Ada", "Grace", "Katherine"] }
        let greetings = task("greet", each: names) { context, name in
            try "\(context.params(Params.self).greeting), \(name)!"
        }
        task("print", greetings) { _, greetings in
            for greeting in greetings { print(greeting) }
        }
    }
}
