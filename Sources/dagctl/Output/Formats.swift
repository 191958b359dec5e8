import DAGModel
import Foundation

/// Texts for people from the API's answers.
enum Format {
    /// `2026-01-31 03:00:00`, in UTC; nothing for null.
    static func time(_ value: JSONValue?) -> String {
        guard let instant = instant(value) else { return "" }
        return String(instant.iso8601.prefix(19)).replacing("T", with: " ")
    }

    static func instant(_ value: JSONValue?) -> Instant? { value?.stringValue.flatMap(Instant.init(iso8601:)) }

    /// `0.45 s`, `12.3 s`, `4 min 07 s`, `3 h 20 min`.
    static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<9.995: return "\(fixed(seconds, 2)) s"
        case ..<59.95: return "\(fixed(seconds, 1)) s"
        case ..<3_599.5:
            let whole = Int(seconds.rounded())
            return "\(whole / 60) min \(two(whole % 60)) s"
        default:
            let minutes = Int((seconds / 60).rounded())
            return "\(minutes / 60) h \(two(minutes % 60)) min"
        }
    }

    /// The time from `start_date` to `end_date`, or until now.
    static func duration(of value: JSONValue, now: Instant) -> String {
        guard let start = instant(value["start_date"]) else { return "" }
        return duration(max(0, ((instant(value["end_date"]) ?? now) - start).inSeconds))
    }

    static func state(_ value: JSONValue?) -> Table.Cell {
        let state = value?.stringValue ?? "none"
        return Table.Cell(state, Style(state: state))
    }

    static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null?: ""
        case .string(let text)?: text
        case let value?: value.compactJSON
        }
    }

    /// An asset expression as one writes it: `raw && (clean || checked)`.
    static func assets(_ expression: JSONValue?, inner: Bool = false) -> String {
        for (name, word) in [("all", " && "), ("any", " || ")] {
            guard case .array(let parts)? = expression?[name] else { continue }
            let text = parts.map { assets($0, inner: true) }.joined(separator: word)
            return inner && parts.count > 1 ? "(\(text))" : text
        }
        return text(expression?["asset"]?["name"])
    }

    static var now: Instant { Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) }

    private static func fixed(_ number: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", number) }
    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension JSONValue {
    /// The entries of a list; nothing for any other value.
    var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// The JSON text for programs, indented.
    var indentedJSON: String { indented(0) }

    private func indented(_ level: Int) -> String {
        let inner = String(repeating: "  ", count: level + 1)
        let outer = String(repeating: "  ", count: level)
        switch self {
        case .array(let elements) where !elements.isEmpty:
            return "[\n" + elements.map { inner + $0.indented(level + 1) }.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members) where !members.isEmpty:
            let lines = members.sorted { $0.key < $1.key }.map { key, value in
                "\(inner)\(JSONValue.string(key).compactJSON): \(value.indented(level + 1))"
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        default: return compactJSON
        }
    }
}

extension OutputOptions {
    /// Shows a list: as a table, or as a JSON list.
    func show(_ entries: [JSONValue], empty: String, _ table: () -> Table) {
        switch output {
        case .json: print(JSONValue.array(entries).indentedJSON)
        case .table where entries.isEmpty: print(empty)
        case .table: for line in table().lines(.current) { print(line) }
        }
    }

    /// Shows one thing: as lines of name and value, or as JSON.
    func show(_ value: JSONValue, _ fields: () -> [(String, Table.Cell)]) {
        if output == .json { return print(value.indentedJSON) }
        for line in Fields(fields()).lines(.current) { print(line) }
    }
}

/// Names and values, one a line; the values begin in one column and long ones go on in the next line.
struct Fields {
    private let fields: [(String, Table.Cell)]

    init(_ fields: [(String, Table.Cell)]) { self.fields = fields.filter { !$0.1.text.isEmpty } }

    func lines(_ terminal: Terminal) -> [String] {
        let width = (fields.map(\.0.count).max() ?? 0) + 2
        return fields.flatMap { name, value in
            Self.wrapped(value.text, to: terminal.width.map { max(20, $0 - width) }).enumerated().map { index, part in
                let label = index == 0 ? name : ""
                let padding = String(repeating: " ", count: width - label.count)
                return Style.bold.applied(to: label, terminal) + padding + value.style.applied(to: part, terminal)
            }
        }
    }

    /// The text in lines of at most so many characters, cut between words where possible.
    static func wrapped(_ text: String, to width: Int?) -> [String] {
        guard let width, text.count > width else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: true) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
            while line.count > width {
                lines.append(String(line.prefix(width)))
                line = String(line.dropFirst(width))
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
