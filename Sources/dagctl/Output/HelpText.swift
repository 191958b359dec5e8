/// Help as people see it: the parser's text with a usage line that fits, and the exit codes.
struct HelpText {
    private let original: String
    private let width: Int

    init(_ original: String, width: Int = Terminal.current.width ?? 80) {
        self.original = original
        self.width = max(width, 40)
    }

    /// The whole text. What is no help, such as the version, stays as it is.
    var text: String {
        guard original.contains("USAGE: ") else { return original }
        let body = wrapped.trimmingNewlines()
        return body.contains("EXIT CODES:") ? body : body + "\n\n" + ExitStatus.help
    }

    /// The text with its usage line cut between options, where it is too long.
    var wrapped: String {
        original.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.lowercased().hasPrefix("usage: ") && line.count > width
                ? Self.wrapped(String(line), width) : String(line)
        }.joined(separator: "\n")
    }

    private static func wrapped(_ usage: String, _ width: Int) -> String {
        var lines: [String] = []
        var line = ""
        for part in parts(usage) {
            if !line.isEmpty, line.count + 1 + part.count > width {
                lines.append(line)
                line = "      "
            }
            line += line.isEmpty ? part : " " + part
        }
        return (lines + [line]).joined(separator: "\n")
    }

    /// The words of a usage line; an option in brackets is one.
    private static func parts(_ usage: String) -> [String] {
        var parts: [String] = []
        var depth = 0
        for word in usage.split(separator: " ") {
            if depth > 0 { parts[parts.count - 1] += " " + word } else { parts.append(String(word)) }
            depth += word.count { $0 == "[" } - word.count { $0 == "]" }
        }
        return parts
    }
}

extension String {
    fileprivate func trimmingNewlines() -> String {
        var text = self[...]
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }
}
