internal import Foundation

/// One Swift file below `Sources`.
struct SourceFile: Sendable, CustomStringConvertible {
    let module: String
    /// The path below `Sources`.
    let path: String
    let lines: [String]

    var description: String { path }

    /// The modules that the file imports.
    var imports: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let index = words.firstIndex(of: "import"), index + 1 < words.count else { return nil }
            let isImport = words[..<index].allSatisfy { $0.hasPrefix("@") || accessLevels.contains(String($0)) }
            guard isImport else { return nil }
            let name =
                importKinds.contains(String(words[index + 1])) && index + 2 < words.count
                ? words[index + 2] : words[index + 1]
            return String(name.prefix { $0 != "." })
        }
    }

    /// The lines that are no comments, with their numbers.
    var code: [(number: Int, text: String)] {
        lines.enumerated().map { ($0.offset + 1, $0.element) }.filter {
            !$0.text.drop { $0 == " " }.hasPrefix("//")
        }
    }
}

private let accessLevels: Set<String> = ["public", "package", "internal", "private", "fileprivate"]
private let importKinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]

enum SourceTree {
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL

    /// All Swift files of the package's targets, sorted by path.
    static let files: [SourceFile] = {
        let sources = root.appending(path: "Sources").path
        let paths = FileManager.default.enumerator(atPath: sources)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".swift") }.sorted().compactMap { path in
            guard let text = try? String(contentsOfFile: sources + "/" + path, encoding: .utf8) else { return nil }
            let module = path.prefix { $0 != "/" }
            return SourceFile(module: String(module), path: path, lines: text.components(separatedBy: "\n"))
        }
    }()
}
