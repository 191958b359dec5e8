public import DAGModel

extension Template: ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) { self.init(segments: [.text(value)]) }

    public init(stringInterpolation: StringInterpolation) { self.init(segments: stringInterpolation.segments) }

    /// The rendered text, while a task runs.
    public var text: String {
        guard let literal else { preconditionFailure("a template has its text only while a task runs") }
        return literal
    }

    /// What may stand between `\(` and `)`: a template variable, the output of a task or a part of it, a parameter, or a plain
    /// value that is known when the DAG is described.
    public struct StringInterpolation: StringInterpolationProtocol {
        var segments: [Segment] = []

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { segments.append(.text(literal)) }
        }

        /// A value of the run or the attempt: `\(.ds)`, `\(.runID)`.
        public mutating func appendInterpolation(_ variable: TemplateVariable) { segments.append(.variable(variable)) }

        /// The output of a task; a text as it is, anything else as JSON.
        public mutating func appendInterpolation<Value: Codable>(_ output: Output<Value>) {
            segments.append(.output(task: output.taskID, path: []))
        }

        /// One stored property of the output of a task: `\(best, \.path)`.
        public mutating func appendInterpolation<Value: Codable, Part>(
            _ output: Output<Value>, _ path: KeyPath<Value, Part>
        ) {
            segments.append(.output(task: output.taskID, path: codingPath(path)))
        }

        /// One parameter of the run: `\(param: \Params.epochs)`.
        public mutating func appendInterpolation<Params: DAGParams, Part>(param path: KeyPath<Params, Part>) {
            segments.append(.parameter(codingPath(path)))
        }

        /// A text that is known when the DAG is described.
        public mutating func appendInterpolation(_ value: some StringProtocol) { appendLiteral(String(value)) }

        /// A number that is known when the DAG is described.
        public mutating func appendInterpolation(_ value: some BinaryInteger) { appendLiteral(String(value)) }
    }
}

/// The coding keys that a key path to stored properties leads through.
///
/// The names come from the key path's description (`\Model.path`), which also optimised builds print; each is compared with the
/// keys that the type decodes, so that a renamed coding key or a computed property stops here and not in a run.
private func codingPath<Root: Decodable>(_ path: PartialKeyPath<Root>) -> [String] {
    let names = propertyNames(path)
    guard !names.isEmpty, !names.contains(where: { $0.contains("<") || $0.contains("?") || $0.contains("!") }) else {
        preconditionFailure("\(path) in a template: only stored properties can be reached")
    }
    let known = SchemaProbe.keys(of: Root.self)
    guard known.isEmpty || known.contains(names[0]) else {
        preconditionFailure(
            "\(path) in a template: \(Root.self) encodes no \"\(names[0])\" but \(known.sorted().joined(separator: ", "))"
        )
    }
    return names
}

private func propertyNames<Root>(_ path: PartialKeyPath<Root>) -> [String] {
    let text = "\(path)"
    // The root's own name may hold points: `\TrainResult<Settings.Score>.metrics`.
    let root = "\\\(Root.self)."
    let properties =
        text.hasPrefix(root) ? text.dropFirst(root.count) : text[(text.firstIndex(of: ".") ?? text.endIndex)...]
    return properties.split(separator: ".").map(String.init)
}
