internal import DAGModel
internal import Store

/// A pool as a request describes it. What it leaves out stays as it is.
struct PoolRequest {
    let name: String?
    private let slots: Int?
    private let description: JSONValue?
    private let includeDeferred: Bool?

    /// Airflow's `PoolBody` and `PoolPatchBody`: `pool` is what older ones call the name.
    static let fields = ["name", "pool", "slots", "description", "include_deferred", "team_name"]

    /// - Parameter isWhole: Whether name and slots must be given.
    init(_ body: BodyReader, isWhole: Bool) throws(APIError) {
        var body = body
        let name =
            body.text("name", longest: PoolRecord.longestName) ?? body.text("pool", longest: PoolRecord.longestName)
        if name == nil, isWhole { body.report("name", "missing", "Field required") }
        if name == "" { body.report("name", "string_too_short", "String should have at least 1 character") }
        switch body.members["slots"] {
        case .int(let value)? where (-1...Int64(Int32.max)).contains(value): slots = Int(value)
        case nil where !isWhole: slots = nil
        case nil:
            slots = nil
            body.report("slots", "missing", "Field required")
        default:
            slots = nil
            body.report("slots", "int_type", "Input should be an integer of at least -1, which is without limit")
        }
        _ = body.text("description", longest: 5_000)
        description = body.members["description"]
        includeDeferred = body.bool("include_deferred")
        self.name = name
        try body.finish()
    }

    /// The pool after this request.
    func merged(over stored: PoolRecord?, named name: String) -> PoolRecord {
        var pool = stored ?? PoolRecord(name: name, slots: 0)
        if let slots { pool.slots = slots }
        if let includeDeferred { pool.includeDeferred = includeDeferred }
        switch description {
        case .string(let text)?: pool.description = text
        case .null?: pool.description = nil
        default: break
        }
        return pool
    }
}
