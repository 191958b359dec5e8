internal import DAGModel

extension ConnectionFile {
    typealias Members = [(name: String, value: PythonJSON)]

    static func members(ofJSON text: String) throws(Problems) -> Members {
        guard !text.utf8.allSatisfy({ $0 <= 0x20 }) else {
            throw Problems("is empty; an empty set of connections is {}")
        }
        do {
            guard case .object(let object) = try PythonJSON(text: text, uniqueNames: true) else {
                throw Problems("must be one object with connection ids as names")
            }
            return object.members
        } catch let error as PythonJSON.SyntaxError {
            throw Problems("\(error)")
        } catch let problems as Problems {
            throw problems
        } catch {
            throw Problems("is not JSON")
        }
    }

    static func members(ofEnvironment text: String) throws(Problems) -> Members {
        var object = PythonJSON.Object()
        var problems: [ConnectionProblem] = []
        for (index, line) in lines(of: text).enumerated() {
            let content = line.drop { $0.properties.isWhitespace }
            guard let first = content.first, first != "#" else { continue }
            switch member(ofLine: line) {
            case .success(let (id, value)) where object[id] == nil: object[id] = .string(value)
            case .success(let (id, _)):
                problems.append(
                    ConnectionProblem(connection: PythonText.visible(id), reason: "line \(index + 1) repeats it"))
            case .failure(let reason):
                problems.append(ConnectionProblem(connection: nil, reason: "line \(index + 1): \(reason.text)"))
            }
        }
        guard problems.isEmpty else { throw Problems(problems) }
        return object.members
    }

    private struct Reason: Error { var text: String }

    private static func member(ofLine line: Substring.UnicodeScalarView) -> Result<(String, String), Reason> {
        guard let equals = line.firstIndex(of: "=") else {
            return .failure(Reason(text: "has no =; write it as ID=<URI or JSON>"))
        }
        let id = String(line[..<equals])
        let value = String(line[line.index(after: equals)...])
        guard !id.isEmpty else { return .failure(Reason(text: "has no connection id in front of the =")) }
        guard !value.isEmpty else { return .failure(Reason(text: "has nothing after the =; write a URI or JSON")) }
        return .success((id, value))
    }

    /// The lines, cut where Python's `splitlines` cuts.
    private static func lines(of text: String) -> [Substring.UnicodeScalarView] {
        text.unicodeScalars.split(omittingEmptySubsequences: false) { scalar in
            switch scalar.value {
            case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
            default: false
            }
        }
    }
}
