/// The values that templates of one attempt may use.
public struct TemplateValues: Sendable {
    public var variables: [TemplateVariable: String]
    public var params: JSONValue
    /// The outputs of upstream tasks by task id.
    public var outputs: [String: JSONValue]

    public init(variables: [TemplateVariable: String], params: JSONValue, outputs: [String: JSONValue]) {
        self.variables = variables
        self.params = params
        self.outputs = outputs
    }
}

/// A template that names something the attempt does not have.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String
}

extension Template {
    /// The text with every variable part filled in. Strings are inserted as they are, every other value as compact JSON.
    ///
    /// - Throws: ``TemplateError`` when a run has no such value, for example `ds` in a run without a logical date.
    public func render(_ values: TemplateValues) throws -> String {
        try segments.map { try $0.render(values) }.joined()
    }
}

extension Template.Segment {
    fileprivate func render(_ values: TemplateValues) throws -> String {
        switch self {
        case .text(let text): return text
        case .variable(let variable):
            guard let text = values.variables[variable] else {
                throw TemplateError(
                    description: "the run has no \(variable.rawValue): it was triggered without a logical date")
            }
            return text
        case .parameter(let path):
            return try values.params.value(at: path, of: "the run's parameters").templateText
        case .output(let task, let path):
            guard let output = values.outputs[task] else {
                throw TemplateError(description: "task \(task) has left no output")
            }
            return try output.value(at: path, of: "the output of task \(task)").templateText
        }
    }
}

extension JSONValue {
    fileprivate func value(at path: [String], of whole: String) throws -> JSONValue {
        var value = self
        for key in path {
            guard let member = value[key] else {
                throw TemplateError(description: "\(whole) has no value at \(path.joined(separator: "."))")
            }
            value = member
        }
        return value
    }

    fileprivate var templateText: String {
        if case .string(let text) = self { return text }
        return compactJSON
    }

    /// This value with every template inside it rendered.
    ///
    /// - Throws: ``TemplateError``, as ``Template/render(_:)``.
    public func rendered(_ values: TemplateValues) throws -> JSONValue {
        switch self {
        case .array(let array): return .array(try array.map { try $0.rendered(values) })
        case .object(let object):
            if object.count == 1, case .array(let segments)? = object["$template"] {
                return .string(try Template(segments: segments.map(Template.Segment.init(json:))).render(values))
            }
            return .object(try object.mapValues { try $0.rendered(values) })
        default: return self
        }
    }
}

extension Template.Segment {
    fileprivate init(json: JSONValue) throws {
        if let text = json["text"]?.stringValue {
            self = .text(text)
        } else if let name = json["variable"]?.stringValue, let variable = TemplateVariable(rawValue: name) {
            self = .variable(variable)
        } else if case .array(let path)? = json["parameter"] {
            self = .parameter(path.compactMap(\.stringValue))
        } else if let task = json["task"]?.stringValue {
            guard case .array(let path)? = json["path"] else {
                self = .output(task: task, path: [])
                return
            }
            self = .output(task: task, path: path.compactMap(\.stringValue))
        } else {
            throw TemplateError(description: "not a template segment: \(json.compactJSON)")
        }
    }
}
