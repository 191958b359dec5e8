import DAGModel
import Foundation
import Testing

/// Real Airflow's answers. `SLIPSTREAM_GOLDEN` names another folder with the same files.
@Suite struct ConnectionURIGoldenTests {
    @Test(arguments: GoldenCase.files)
    func `every connection URI means what it means to Airflow`(file: URL) throws {
        let cases = try GoldenCase.read(file)
        #expect(!cases.isEmpty)
        for golden in cases where !golden.isDeviation {
            #expect(golden.ours == golden.airflow, "\(golden.uri)")
        }
    }

    /// A few of the generated cases may be covered by a deviation, never more: a predicate that grows too wide shows here.
    @Test(arguments: GoldenCase.files)
    func `deviations stay exceptions`(file: URL) throws {
        let cases = try GoldenCase.read(file)
        #expect(cases.count(where: \.isDeviation) * 20 <= cases.count)
    }
}

/// One case of `connection_uris.json`.
struct GoldenCase {
    let uri: String
    /// The members that Airflow answered, without the URI.
    let airflow: [String: PythonJSON]

    /// The same members, as we answer.
    var ours: [String: PythonJSON] {
        do {
            let connection = try Connection(id: "golden", uri: uri)
            return [
                "conn_type": .string(connection.type), "login": .init(connection.login),
                "password": .init(connection.password), "host": .init(connection.host),
                "port": connection.port.map { .integer(String($0)) } ?? .null, "schema": .init(connection.schema),
                "extra": .init(connection.extra), "get_uri": .string(connection.uri),
            ]
        } catch {
            return ["error": .string(error.airflowText)]
        }
    }

    static var files: [URL] {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["SLIPSTREAM_GOLDEN"].map { URL(filePath: $0) }
            ?? repository.appending(path: "Golden")
        return ["connection_uris.json", "connection_uris_more.json"].map { folder.appending(path: $0) }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
    }

    static func read(_ file: URL) throws -> [GoldenCase] {
        let document = try PythonJSON(text: String(contentsOf: file, encoding: .utf8))
        guard case .object(let object) = document, case .array(let cases)? = object["cases"] else { return [] }
        return cases.compactMap { value in
            guard case .object(var members) = value, case .string(let uri)? = members["uri"] else { return nil }
            members["uri"] = nil
            return GoldenCase(
                uri: uri, airflow: Dictionary(uniqueKeysWithValues: members.members.map { ($0.name, $0.value) }))
        }
    }
}

extension PythonJSON {
    init(_ text: String?) { self = text.map(PythonJSON.string) ?? .null }
}
