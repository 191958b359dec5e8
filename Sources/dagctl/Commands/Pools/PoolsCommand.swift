import ArgumentParser
import DAGModel

/// `dagctl pools …`
struct PoolsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pools", abstract: "List and change pools.",
        discussion: """
            A pool limits how many slots the tasks of all DAGs take that name it. Tasks that name none are in default_pool.

            Example: dagctl pools set gpus 2 --description "Training"
            """,
        subcommands: [PoolsList.self, PoolsGet.self, PoolsSet.self, PoolsDelete.self])

    static func table(_ pools: [JSONValue]) -> Table {
        var table = Table(columns: [
            .init(title: "Pool", least: 12, cutsMiddle: true), .init(title: "Slots", alignsRight: true),
            .init(title: "Running", alignsRight: true), .init(title: "Queued", alignsRight: true),
            .init(title: "Scheduled", alignsRight: true), .init(title: "Open", alignsRight: true),
            .init(title: "Description", least: 12, expendable: 1),
        ])
        table.rows = pools.map { pool in
            [
                Table.Cell(Format.text(pool["name"]), .bold), Table.Cell(slots(pool["slots"])),
                Table.Cell(Format.text(pool["running_slots"])), Table.Cell(Format.text(pool["queued_slots"])),
                Table.Cell(Format.text(pool["scheduled_slots"])), Table.Cell(slots(pool["open_slots"])),
                Table.Cell(Format.text(pool["description"])),
            ]
        }
        return table
    }

    private static func slots(_ value: JSONValue?) -> String { value == .int(-1) ? "unlimited" : Format.text(value) }
}

/// `dagctl pools list`
struct PoolsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the pools and how full they are.",
        discussion: "Example: dagctl pools list -o json")

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let pools = try await server.connect().all(["pools"], "pools")
        output.show(pools, empty: "There are no pools.") { PoolsCommand.table(pools) }
    }
}

/// `dagctl pools get`
struct PoolsGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show a pool and how full it is.", discussion: "Example: dagctl pools get gpus")

    @Argument(help: "The pool's name.")
    var name: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var server: ServerOptions

    func run() async throws {
        let pool = try await server.connect().get(["pools", name])
        output.show([pool], empty: "") { PoolsCommand.table([pool]) }
    }
}

/// `dagctl pools set`
struct PoolsSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Store a pool, new or changed.",
        discussion: """
            Fewer slots stop nothing that runs: new tasks wait until enough slots are free.

            Example: dagctl pools set gpus 2 --description "Training"
            """)

    @Argument(help: "The pool's name.")
    var name: String

    @Argument(help: "How many slots it has, or unlimited.")
    var slots: String

    @Option(help: "A sentence for people. Defaults to the one that is stored.")
    var description: String?

    @Flag(inversion: .prefixedNo, help: "Whether waiting sensors take slots too. Defaults to what is stored.")
    var includeDeferred: Bool?

    @OptionGroup var server: ServerOptions

    private var count: Int64? { slots == "unlimited" ? -1 : Int32(slots).flatMap { $0 < 0 ? nil : Int64($0) } }

    func validate() throws {
        if count == nil {
            throw ValidationError("SLOTS: must be a number of at least 0, or unlimited, is \"\(slots)\"")
        }
    }

    func run() async throws {
        guard let count else { return try validate() }
        let client = try await server.connect()
        var pool: [String: JSONValue] = ["name": .string(name), "slots": .int(count)]
        pool["description"] = description.map(JSONValue.string)
        pool["include_deferred"] = includeDeferred.map(JSONValue.bool)
        let known = try await client.all(["pools"], "pools").contains { $0["name"] == .string(name) }
        if known {
            _ = try await client.send("PATCH", ["pools", name], body: .object(pool))
        } else {
            _ = try await client.send("POST", ["pools"], body: .object(pool))
        }
        print("stored \(name)")
    }
}

/// `dagctl pools delete`
struct PoolsDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a pool.",
        discussion: """
            Tasks that name it wait until there is a pool of this name again.

            Example: dagctl pools delete gpus
            """)

    @Argument(help: "The pool's name.")
    var name: String

    @OptionGroup var server: ServerOptions

    func run() async throws {
        _ = try await server.connect().send("DELETE", ["pools", name])
        print("deleted \(name)")
    }
}
