/// The server-side statements of a connection, by their text and the types of their values. Pure bookkeeping.
struct PreparedStatements {
    struct Key: Hashable {
        let text: String
        let types: [UInt32]
    }

    /// Statements are written in the program, so this is never reached but by a mistake that makes texts at run time.
    static let limit = 512

    private var names: [Key: String] = [:]
    private var lastNumber = 0
    /// Whether the server holds statements that are not known here any more.
    private(set) var mustDiscard = false

    func name(of key: Key) -> String? { names[key] }

    /// A name that was never used on this connection.
    mutating func newName() -> String {
        lastNumber += 1
        return "s\(lastNumber)"
    }

    /// The server has prepared the statement.
    mutating func add(_ key: Key, name: String) {
        if names.count >= Self.limit { forgetAll() }
        names[key] = name
    }

    /// Every statement is prepared anew when it is next used, after the server was told to discard the old ones.
    mutating func forgetAll() {
        names = [:]
        mustDiscard = true
    }

    mutating func discarded() {
        names = [:]
        mustDiscard = false
    }
}
