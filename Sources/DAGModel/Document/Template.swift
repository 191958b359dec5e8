/// A text with values that are known only when a task runs. In JSON it is an object with the single key `$template` whose value
/// is the list of segments, or, when it has no variable part, the plain string.
///
/// Authors write it as a string literal with interpolations; see DAGKit.
public struct Template: Sendable, Hashable {
    public enum Segment: Sendable, Hashable {
        case text(String)
        case variable(TemplateVariable)
        /// The output of a task, or the part of it that the coding keys in `path` lead to.
        case output(task: String, path: [String])
        case parameter([String])
    }

    public var segments: [Segment]

    public init(segments: [Segment]) { self.segments = segments }

    /// The tasks whose outputs the template names.
    public var tasks: [String] {
        segments.compactMap { if case .output(let task, _) = $0 { task } else { nil } }
    }

    /// The text, if no part of it is variable.
    public var literal: String? {
        var text = ""
        for segment in segments {
            guard case .text(let part) = segment else { return nil }
            text += part
        }
        return text
    }
}

/// What a template may say about the run and the attempt, under Airflow's names.
public enum TemplateVariable: String, Sendable, Hashable, Codable, CaseIterable {
    /// The logical date as `2026-01-31`.
    case ds
    /// The logical date as `20260131`.
    case dsNodash = "ds_nodash"
    /// The logical date as `2026-01-31T03:00:00+00:00`.
    case ts
    /// The logical date as `20260131T030000`.
    case tsNodash = "ts_nodash"
    case logicalDate = "logical_date"
    case dataIntervalStart = "data_interval_start"
    case dataIntervalEnd = "data_interval_end"
    case dagID = "dag_id"
    case runID = "run_id"
    case taskID = "task_id"
    case mapIndex = "map_index"
    case tryNumber = "try_number"
}

extension Template: Codable {
    private enum Key: String, CodingKey { case segments = "$template" }
    private enum SegmentKey: String, CodingKey { case text, variable, task, path, parameter }

    public init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self.init(segments: [.text(text)])
            return
        }
        var list = try decoder.container(keyedBy: Key.self).nestedUnkeyedContainer(forKey: .segments)
        var segments: [Segment] = []
        while !list.isAtEnd {
            let segment = try list.nestedContainer(keyedBy: SegmentKey.self)
            if let text = try segment.decodeIfPresent(String.self, forKey: .text) {
                segments.append(.text(text))
            } else if let variable = try segment.decodeIfPresent(TemplateVariable.self, forKey: .variable) {
                segments.append(.variable(variable))
            } else if let parameter = try segment.decodeIfPresent([String].self, forKey: .parameter) {
                segments.append(.parameter(parameter))
            } else {
                let path = try segment.decodeIfPresent([String].self, forKey: .path) ?? []
                segments.append(.output(task: try segment.decode(String.self, forKey: .task), path: path))
            }
        }
        self.init(segments: segments)
    }

    public func encode(to encoder: any Encoder) throws {
        if let literal {
            var container = encoder.singleValueContainer()
            try container.encode(literal)
            return
        }
        var container = encoder.container(keyedBy: Key.self)
        var list = container.nestedUnkeyedContainer(forKey: .segments)
        for segment in segments {
            var entry = list.nestedContainer(keyedBy: SegmentKey.self)
            switch segment {
            case .text(let text): try entry.encode(text, forKey: .text)
            case .variable(let variable): try entry.encode(variable, forKey: .variable)
            case .parameter(let path): try entry.encode(path, forKey: .parameter)
            case .output(let task, let path):
                try entry.encode(task, forKey: .task)
                if !path.isEmpty { try entry.encode(path, forKey: .path) }
            }
        }
    }
}
