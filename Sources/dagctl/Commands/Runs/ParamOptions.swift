import ArgumentParser
import DAGModel
import Foundation

/// The parameters of runs, as commands take them.
struct ParamOptions: ParsableArguments {
    @Option(
        name: .customLong("param"),
        help: ArgumentHelp("A parameter of the run. May be repeated.", valueName: "name=value"))
    var assignments: [String] = []

    @Option(
        name: .customLong("params"),
        help: ArgumentHelp("A JSON file with parameters; --param overrides it.", valueName: "file"))
    var file: String?

    /// Whether any were given.
    var areGiven: Bool { !assignments.isEmpty || file != nil }

    /// The values, read by the types that a DAG's details tell; all problems at once.
    func values(of details: JSONValue) throws -> [String: JSONValue] {
        try fileValues().merging(try assigned(details)) { _, new in new }
    }

    private func fileValues() throws -> [String: JSONValue] {
        guard let file else { return [:] }
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw CommandFailure(.wrongUsage, "--params: \(file) cannot be read as a text in UTF-8")
        }
        var reader = JSONReader(text)
        guard case .object(let members)? = reader.read() else {
            throw CommandFailure(
                .wrongUsage, "--params: \(file) does not hold a JSON object, such as {\"epochs\": 5}")
        }
        return members
    }

    private func assigned(_ details: JSONValue) throws -> [String: JSONValue] {
        let document = Self.params(details)
        var values: [String: JSONValue] = [:]
        var problems: [String] = []
        for assignment in assignments {
            guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
                problems.append("--param: must be NAME=VALUE, is \"\(assignment)\"")
                continue
            }
            let name = String(assignment[..<equals])
            switch document.value(of: name, text: String(assignment[assignment.index(after: equals)...])) {
            case .success(let value): values[name] = value
            case .failure(let problem): problems.append("\(problem)")
            }
        }
        guard problems.isEmpty else { throw CommandFailure(.wrongUsage, problems.joined(separator: "\ndagctl: ")) }
        return values
    }

    private static func params(_ details: JSONValue) -> ParamsDocument {
        guard case .object(let params)? = details["params"] else { return .none }
        let properties = params.compactMapValues { $0["schema"] }
        return ParamsDocument(
            schema: .object(["type": .string("object"), "properties": .object(properties)]),
            defaults: params.compactMapValues { $0["value"] })
    }
}
