internal import DAGModel
internal import Hummingbird
internal import HummingbirdCore

/// Reads the parameters of a query and collects everything that is wrong with them.
struct QueryReader {
    private let parameters: Parameters
    private(set) var problems: [InvalidField] = []

    static let largestPage = 100
    static let page = 50

    init(_ parameters: Parameters) { self.parameters = parameters }

    /// `limit` and `offset`: 50 entries by default, never more than 100.
    mutating func paging() -> (limit: Int, offset: Int) {
        let limit = integer("limit", atLeast: 0) ?? Self.page
        return (limit == 0 ? Self.page : min(limit, Self.largestPage), integer("offset", atLeast: 0) ?? 0)
    }

    mutating func integer(_ name: String, atLeast least: Int) -> Int? {
        guard let text = parameters.get(name) else { return nil }
        guard let value = Int(text), value >= least, value <= Int(Int32.max) else {
            problems.append(
                InvalidField(["query", name], "int_parsing", "Input should be a valid integer, at least \(least)"))
            return nil
        }
        return value
    }

    mutating func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let text = parameters.get(name) else { return nil }
        guard let value = Double(text), range.contains(value) else {
            problems.append(
                InvalidField(
                    ["query", name], "float_parsing",
                    "Input should be a number from \(range.lowerBound) to \(range.upperBound)"))
            return nil
        }
        return value
    }

    mutating func bool(_ name: String) -> Bool? {
        guard let text = parameters.get(name) else { return nil }
        switch text.lowercased() {
        case "true", "1", "yes", "on", "t", "y": return true
        case "false", "0", "no", "off", "f", "n": return false
        default:
            problems.append(
                InvalidField(
                    ["query", name], "bool_parsing", "Input should be a valid boolean, unable to interpret input"))
            return nil
        }
    }

    mutating func instant(_ name: String) -> Instant? {
        guard let text = parameters.get(name) else { return nil }
        guard let instant = Instant(iso8601: text) else {
            problems.append(InvalidField(["query", name], "datetime_parsing", "Input should be a valid datetime"))
            return nil
        }
        return instant
    }

    /// All values of a parameter that may be repeated.
    func texts(_ name: String) -> [String] { parameters.getAll(name) }

    /// A text that must not hold a NUL, which PostgreSQL cannot take.
    mutating func text(_ name: String) -> String? {
        guard let text = parameters.get(name) else { return nil }
        if text.utf8.contains(0) {
            problems.append(InvalidField(["query", name], "string_type", "Input should be a valid string"))
        }
        return text
    }

    mutating func values<Value: RawRepresentable<String> & CaseIterable>(_ name: String, _ type: Value.Type) -> [Value]
    {
        texts(name).compactMap { text in
            if let value = Value(rawValue: text) { return value }
            let known = Value.allCases.map(\.rawValue)
            problems.append(
                InvalidField(
                    ["query", name], "enum",
                    "Input should be one of \(known.joined(separator: ", "))\(suggestionText(for: text, among: known))")
            )
            return nil
        }
    }

    mutating func report(_ name: String, _ type: String, _ message: String) {
        problems.append(InvalidField(["query", name], type, message))
    }

    /// Throws everything found.
    func finish() throws(APIError) {
        if !problems.isEmpty { throw .unprocessable(problems) }
    }
}
