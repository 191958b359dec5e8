internal import DAGModel
internal import Glibc

/// A file of connections as `airflow connections import` reads it: JSON, YAML or `.env`, by its ending.
///
/// ```swift
/// let file = try ConnectionFile.read("connections.json")
/// for entry in file.entries { store(entry.merged(over: stored[entry.connection.id])) }
/// ```
package struct ConnectionFile: Sendable {
    /// In the order of the file.
    package var entries: [ConnectionEntry]
    /// Sentences for the user about what is allowed but unwise.
    package var warnings: [String]

    /// The most bytes of a file.
    package static let mostBytes = 10 << 20

    /// The text formats, named by the file's ending.
    package enum Format: String, CaseIterable, Sendable {
        case json, yaml, env

        /// `nil` for an ending that is none of `.json`, `.yaml`, `.yml` and `.env`.
        package init?(path: String) {
            let name = path.split(separator: "/").last ?? ""
            switch name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last?.lowercased() {
            case "json": self = .json
            case "yaml", "yml": self = .yaml
            case "env": self = .env
            default: return nil
            }
        }
    }

    /// Reads a file; all of it or nothing.
    /// - Throws: ``ConnectionFileError`` with every problem found.
    package static func read(_ path: String) throws(ConnectionFileError) -> ConnectionFile {
        let content: RegularFile.Content
        do {
            content = try RegularFile.read(path, limit: mostBytes)
        } catch {
            throw .init(file: path, error.description)
        }
        guard let format = Format(path: path) else {
            throw .init(file: path, "has none of the endings .json, .yaml, .yml and .env")
        }
        var file = try parse(content.bytes, format: format, name: path)
        if content.mode & 0o077 != 0 {
            file.warnings.append("\(path) holds secrets and others may read it; run chmod 600 on it")
        }
        return file
    }

    /// Reads what a file holds; all of it or nothing.
    /// - Parameter name: What the errors call it.
    /// - Throws: ``ConnectionFileError`` with every problem found.
    package static func parse(
        _ bytes: [UInt8], format: Format, name: String
    ) throws(ConnectionFileError) -> ConnectionFile {
        let values: [(name: String, value: PythonJSON)]
        do {
            let text = try text(of: bytes)
            values =
                switch format {
                case .json: try members(ofJSON: text)
                case .yaml: try members(ofYAML: text)
                case .env: try members(ofEnvironment: text)
                }
        } catch {
            throw ConnectionFileError(file: name, problems: error.problems)
        }
        return try file(of: values, name: name)
    }

    private static func file(
        of values: [(name: String, value: PythonJSON)], name: String
    ) throws(ConnectionFileError) -> ConnectionFile {
        var file = ConnectionFile(entries: [], warnings: [])
        var problems: [ConnectionProblem] = []
        for (id, value) in values {
            var reader = ConnectionEntryReader(id: id)
            if let entry = reader.read(value) { file.entries.append(entry) }
            file.warnings += reader.warnings.map { "\(name): connection \"\(PythonText.visible(id))\": \($0)" }
            problems += reader.problems
        }
        guard problems.isEmpty else { throw ConnectionFileError(file: name, problems: problems) }
        return file
    }

    static func text(of bytes: [UInt8]) throws(Problems) -> String {
        guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]), !bytes.starts(with: [0xFF, 0xFE]),
            !bytes.starts(with: [0xFE, 0xFF])
        else { throw Problems("begins with a byte order mark; save it as plain UTF-8") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Problems("line \(lineOfFirstInvalid(bytes)) is not UTF-8; save the file as UTF-8")
        }
        return text
    }

    private static func lineOfFirstInvalid(_ bytes: [UInt8]) -> Int {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        return 1 + (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0)
    }

    /// Everything wrong with a text, before the file's name is known.
    struct Problems: Error {
        var problems: [ConnectionProblem]

        init(_ reason: String) { problems = [ConnectionProblem(connection: nil, reason: reason)] }
        init(_ problems: [ConnectionProblem]) { self.problems = problems }
    }
}

extension ConnectionFileError {
    fileprivate init(file: String, _ reason: String) {
        self.init(file: file, problems: [ConnectionProblem(connection: nil, reason: reason)])
    }
}
