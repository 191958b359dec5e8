internal import DAGModel
internal import Glibc

/// A file of variables as `airflow variables import` reads it: a JSON object of keys to values, or to objects with `value` and
/// `description`. A value that is no text is kept as its JSON.
package struct VariableFile: Sendable {
    /// In the order of the file.
    package var variables: [Variable] = []
    /// Sentences for the user about what is allowed but unwise.
    package var warnings: [String] = []

    /// Reads a file; all of it or nothing.
    /// - Throws: ``ConnectionFileError`` with every problem found.
    package static func read(_ path: String) throws(ConnectionFileError) -> VariableFile {
        let content: RegularFile.Content
        do { content = try RegularFile.read(path, limit: ConnectionFile.mostBytes) } catch {
            throw ConnectionFileError(
                file: path, problems: [ConnectionProblem(connection: nil, reason: error.description)])
        }
        var file = try parse(content.bytes, name: path)
        if content.mode & 0o077 != 0, file.variables.contains(where: { $0.maskedValue != $0.value }) {
            file.warnings.append("\(path) holds secrets and others may read it; run chmod 600 on it")
        }
        return file
    }

    /// Reads what a file holds; all of it or nothing.
    package static func parse(_ bytes: [UInt8], name: String) throws(ConnectionFileError) -> VariableFile {
        let object: PythonJSON.Object
        do { object = try members(bytes) } catch { throw ConnectionFileError(file: name, problems: error.problems) }
        var file = VariableFile()
        var problems: [ConnectionProblem] = []
        for (key, value) in object.members {
            switch variable(key, value) {
            case .success(let variable): file.variables.append(variable)
            case .failure(let problem): problems.append(problem)
            }
        }
        guard problems.isEmpty else { throw ConnectionFileError(file: name, problems: problems) }
        return file
    }

    private static func members(_ bytes: [UInt8]) throws(ConnectionFile.Problems) -> PythonJSON.Object {
        let text = try ConnectionFile.text(of: bytes)
        do {
            guard case .object(let object) = try PythonJSON(text: text, uniqueNames: true) else {
                throw ConnectionFile.Problems(
                    "must be one JSON object of keys to values, such as {\"stage\": \"test\"}")
            }
            return object
        } catch let problems as ConnectionFile.Problems {
            throw problems
        } catch let error as PythonJSON.SyntaxError {
            throw ConnectionFile.Problems("\(error)")
        } catch {
            throw ConnectionFile.Problems("is not JSON")
        }
    }

    private static func variable(_ key: String, _ value: PythonJSON) -> Result<Variable, ConnectionProblem> {
        let problem = { (reason: String) in
            ConnectionProblem(connection: nil, reason: "variable \"\(PythonText.visible(key))\": \(reason)")
        }
        if let reason = Variable.problem(key: key) { return .failure(problem(reason)) }
        guard case .object(let members) = value, let inner = members["value"] else {
            return .success(Variable(key: key, value: value.variableText))
        }
        let unknown = members.members.map(\.name).filter { !["value", "description"].contains($0) }
        guard unknown.isEmpty else {
            return .failure(
                problem("has the unknown field \(unknown.joined(separator: ", ")); it may have value and description"))
        }
        switch members["description"] {
        case nil, .null?: return .success(Variable(key: key, value: inner.variableText))
        case .string(let text)?: return .success(Variable(key: key, value: inner.variableText, description: text))
        default: return .failure(problem("description must be a text"))
        }
    }
}

extension Variable {
    /// What is wrong with a key; nil when nothing is.
    package static func problem(key: String) -> String? {
        if key.isEmpty { return "the key is empty" }
        if key.utf8.contains(0) { return "the key has a NUL" }
        return key.unicodeScalars.count > longestKey ? "the key has more than \(longestKey) characters" : nil
    }
}

extension PythonJSON {
    /// A text as it is, anything else as Airflow's JSON.
    fileprivate var variableText: String {
        if case .string(let text) = self { text } else { text(indent: 2) }
    }
}

/// Variables as `airflow variables export` writes them, sorted by key.
package struct VariableExport: Sendable {
    private let variables: [Variable]

    package init(_ variables: [Variable]) { self.variables = variables.sorted { $0.key < $1.key } }

    /// One object; values that are JSON objects, lists, numbers or such are written as these.
    package var json: String {
        let object = variables.reduce(into: PythonJSON.Object()) { object, variable in
            let value = Self.value(variable.value)
            guard let description = variable.description else { return object[variable.key] = value }
            var entry = PythonJSON.Object()
            entry["value"] = value
            entry["description"] = .string(description)
            object[variable.key] = .object(entry)
        }
        return PythonJSON.object(object).text(indent: 2)
    }

    /// An object with a member `value` would be read as a variable with a description: it stays a text.
    private static func value(_ text: String) -> PythonJSON {
        guard let value = try? PythonJSON(text: text) else { return .string(text) }
        if case .string = value { return .string(text) }
        if case .object(let object) = value, object["value"] != nil { return .string(text) }
        // Only what an import writes in the same way again.
        return value.text(indent: 2) == text ? value : .string(text)
    }
}
