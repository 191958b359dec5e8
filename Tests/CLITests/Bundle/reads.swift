import DAGKit

/// Reads variables.
@main
struct Reads: DAG {
    func body() {
        task("read", uses: [.optional(.variable("stage")), .optional(.variable("api_key"))]) { context in
            let stage = try await context.variable("stage"), key = try await context.variable("api_key")
            print("stage \(stage), key of \(key.count) characters")
        }
    }
}
