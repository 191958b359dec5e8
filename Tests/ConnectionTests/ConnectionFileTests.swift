import DAGModel
import Foundation
import Store
import Testing

@Suite struct ConnectionFileTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func read(_ text: String, as name: String = "c.json") throws -> ConnectionFile {
        try ConnectionFile.read(folder.write(text, to: name))
    }

    private func problems(_ text: String, as name: String = "c.json") throws -> [String] {
        let error = #expect(throws: ConnectionFileError.self) { _ = try read(text, as: name) }
        return error?.problems.map(\.description) ?? []
    }

    private func merged(_ file: ConnectionFile) -> [String: Connection] {
        Dictionary(uniqueKeysWithValues: file.entries.map { ($0.connection.id, $0.merged(over: nil)) })
    }

    @Test func `every form of Airflow's JSON file is read`() throws {
        let connections = merged(try read(Self.everyForm))
        #expect(
            connections["minio"]
                == Connection(
                    id: "minio", type: "aws", login: "AK", password: "s/k@1",
                    extra: #"{"endpoint_url": "http://minio:9000"}"#))
        #expect(
            connections["web"]
                == Connection(
                    id: "web", type: "http", description: "d", host: "https://h", login: "l", password: "p",
                    schema: "s", port: 8080, extra: #"{"x":[1,2]}"#))
        #expect(connections["pg"]?.type == "postgres")
        #expect(connections["pg"]?.password == "p@ss")
        #expect(connections["pg"]?.extra == #"{"sslmode": "require", "timeout": 10}"#)
        #expect(connections["my"]?.host == "c")
        #expect(connections["legacy"]?.extra == #"{"n": 1}"#)
        #expect(connections["one"]?.port == 6379)
    }

    @Test func `YAML says the same as JSON`() throws {
        let yaml = """
            minio: {conn_type: aws, login: AK, password: s/k@1, extra: {endpoint_url: "http://minio:9000"}}
            web:
              conn_type: http
              description: d
              login: l
              password: p
              host: https://h
              port: "8080"
              schema: s
              extra: '{"x":[1,2]}'
            pg: postgresql://u:p%40ss@db:5432/app?sslmode=require&timeout=10
            my: {uri: "mysql://a:b@c/d"}
            legacy: {conn_type: x, extra_dejson: {n: 1}}
            one: [redis://h:6379/0]
            """
        #expect(try merged(read(yaml, as: "c.yaml")) == merged(read(Self.everyForm)))
        #expect(try merged(read(yaml, as: "c.yml")).count == 6)
    }

    @Test func `YAML anchors and merges are followed, within bounds`() throws {
        let file = try read("a: &a {conn_type: http, port: 80}\nb: {<<: *a, host: h}\n", as: "c.yaml")
        #expect(merged(file)["b"] == Connection(id: "b", type: "http", host: "h", port: 80))
        var bomb = "x0: &x0 [1,1,1,1,1,1,1,1,1,1]\n"
        for level in 1...9 {
            let aliases = repeatElement("*x\(level - 1)", count: 10).joined(separator: ",")
            bomb += "x\(level): &x\(level) [\(aliases)]\n"
        }
        #expect(try problems(bomb, as: "c.yaml") == ["has more than 200000 values; aliases count each time"])
    }

    @Test func `an env file has URIs and JSON`() throws {
        let text = "# comment\n\n  # another\npg=postgres://u:p@h/db\nweb={\"conn_type\": \"http\", \"host\": \"h\"}\n"
        let connections = merged(try read(text, as: ".env"))
        #expect(connections["pg"]?.password == "p")
        #expect(connections["web"]?.host == "h")
        #expect(
            try problems("a=x://h\nnonsense\n=v\nb=\na=y://h\n", as: "c.env") == [
                "line 2: has no =; write it as ID=<URI or JSON>",
                "line 3: has no connection id in front of the =",
                "line 4: has nothing after the =; write a URI or JSON",
                "connection \"a\": line 5 repeats it",
            ])
    }

    @Test func `every problem of every connection is reported at once, and no value`() throws {
        let text = """
            {
              "ok": {"conn_type": "aws"},
              "bad field": {"conn_type": "x"},
              "typo": {"conn_type": "x", "pasword": "hunter2"},
              "types": {"conn_type": 1, "host": ["hunter2"], "port": "hunter2", "extra": "hunter2"},
              "both": {"conn_type": "x", "extra": {}, "extra_dejson": {}},
              "mixed": {"uri": "x://h", "login": "hunter2"},
              "other": {"conn_type": "x", "conn_id": "hunter2"},
              "list": [1, 2],
              "port": {"conn_type": "x", "port": 70000},
              "uri": "x://user:pass@h:hunter2",
              "none": {},
              "number": 7
            }
            """
        let found = try problems(text)
        #expect(
            found == [
                "connection \"bad field\": a connection id has only letters, digits and _ # ! ( ) - . : / \\",
                "connection \"typo\": unknown field \"pasword\"; the fields are conn_id, conn_type, description, host, "
                    + "login, password, schema, port, extra, extra_dejson, uri, team_name; did you mean password?",
                "connection \"types\": conn_type must be a string, is a number; put it in quotes",
                "connection \"types\": host must be a string, is a list; put it in quotes",
                "connection \"types\": port must be a whole number from 0 to 65535",
                "connection \"types\": extra is not JSON; it must be a JSON object such as {\"region\": \"eu\"}",
                "connection \"both\": has both extra and extra_dejson; give one",
                "connection \"mixed\": has both uri and login; give the URI or the fields",
                "connection \"other\": conn_id must be the same as the name",
                "connection \"list\": is a list of 2; a list must have exactly one element",
                "connection \"port\": port must be a whole number from 0 to 65535",
                "connection \"uri\": the port is not a number; percent-encode / ? # @ : in the login and the password",
                "connection \"none\": conn_type is missing",
                "connection \"number\": must be an object or a URI, is a number",
            ])
        #expect(!found.joined().contains("hunter2"))
    }

    @Test(arguments: [
        (#"{"a": {"conn_type": "x", "password": "hunter2""#, "line 1, column 47: \",\" or \"}\" is missing"),
        (#"{"a": "x://hunter2", "a": "y://h"}"#, "line 1, column 22: the name \"a\" occurs twice"),
        ("{\"a\": {\n\"host\": \"h\", \"host\": \"hunter2\"}}", "line 2, column 14: the name \"host\" occurs twice"),
        ("", "is empty; an empty set of connections is {}"), (" \n", "is empty; an empty set of connections is {}"),
        ("[1]", "must be one object with connection ids as names"),
        ("\u{FEFF}{}", "begins with a byte order mark; save it as plain UTF-8"),
        ("{} {}", "line 1, column 4: text follows after the end of the value"),
        (#"{"": {"conn_type": "x"}}"#, "connection \"\": the connection id is empty"),
        (#"{"a..b": {"conn_type": "x"}}"#, "connection \"a..b\": a connection id must not have two dots in a row"),
        (
            #"{"a\n": {"conn_type": "x"}}"#,
            "connection \"a\\x0a\": a connection id has only letters, digits and _ # ! ( ) - . : / \\"
        ),
    ])
    func `a broken JSON file is refused`(text: String, reason: String) throws {
        #expect(try problems(text) == [reason])
    }

    @Test(arguments: [
        ("a: {conn_type: x\n", "line 2, column 1: did not find expected ',' or '}'"),
        ("a: x://h\na: y://hunter2\n", "line 1: the key \"a\" occurs twice"),
        ("- 1\n", "must be one mapping with connection ids as keys"),
        ("", "is empty; an empty set of connections is {}"),
        (
            "a: {conn_type: x, password: 12345}\n",
            "connection \"a\": password must be a string, is a number; put it in quotes"
        ),
        ("1: x://h\n", "line 1: a key is not text; put it in quotes"),
        ("a: {conn_type: x, extra: {since: 2020-01-01}}\n", "line 1: a date is not JSON; put it in quotes"),
    ])
    func `a broken YAML file is refused`(text: String, reason: String) throws {
        #expect(try problems(text, as: "c.yaml") == [reason])
    }

    @Test func `deep nesting is refused, not a crash`() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(try problems("{\"a\": \(deep)").first?.hasSuffix("more than 500 levels are nested") == true)
        #expect(try problems("a: \(deep)", as: "c.yaml").count == 1)
    }

    @Test func `what is no readable text file is refused`() throws {
        func reason(_ path: String) -> String? {
            let error = #expect(throws: ConnectionFileError.self) { _ = try ConnectionFile.read(path) }
            return error?.problems.first?.reason
        }
        try FileManager.default.createDirectory(atPath: "\(folder.path)/d.json", withIntermediateDirectories: false)
        #expect(reason("\(folder.path)/d.json") == "is a directory")
        #expect(reason("\(folder.path)/none.json") == "does not exist")
        #expect(
            reason(try folder.write(Array("{}".utf8), to: "c.txt"))
                == "has none of the endings .json, .yaml, .yml and .env")
        #expect(mkfifo("\(folder.path)/pipe.json", 0o600) == 0)
        #expect(reason("\(folder.path)/pipe.json") == "is not a regular file")
        let latin1 = try folder.write([0x7B, 0x0A, 0x22, 0xE9, 0x22], to: "l.json")
        #expect(reason(latin1) == "line 2 is not UTF-8; save the file as UTF-8")
        let huge = try folder.write([UInt8](repeating: 0x20, count: ConnectionFile.mostBytes + 1), to: "h.json")
        #expect(reason(huge) == "is larger than 10485760 bytes")
    }

    @Test func `a file that others may read is a warning`() throws {
        let file = try ConnectionFile.read(folder.write("{}", to: "c.json", mode: 0o644))
        #expect(file.warnings == ["\(folder.path)/c.json holds secrets and others may read it; run chmod 600 on it"])
        #expect(try read("{}", as: "d.json").warnings == [])
    }

    @Test func `the repository's own connections are exactly what an export writes`() throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = repository.appending(path: "connections.json")
        let connections = try ConnectionFile.read(file.path).entries.map { $0.merged(over: nil) }
        #expect(connections.map(\.id) == ["kubernetes_default", "minio"])
        #expect(
            ConnectionExport(connections, withSecrets: true).json == (try String(contentsOf: file, encoding: .utf8)))
    }

    @Test func `the environment defines connections as URI or JSON`() throws {
        let environment = [
            "AIRFLOW_CONN_MY_DB": "postgresql://u:p@h/d",
            "AIRFLOW_CONN_WEB": #"{"conn_type": "my-type", "port": "80"}"#,
            "AIRFLOW_CONN_BAD": "hunter2", "AIRFLOW_CONN_EMPTY": "",
        ]
        #expect(
            try ConnectionEnvironment.connection("my_db", in: environment)
                == Connection(id: "my_db", type: "postgres", host: "h", login: "u", password: "p", schema: "d"))
        #expect(
            try ConnectionEnvironment.connection("web", in: environment)
                == Connection(id: "web", type: "my_type", port: 80))
        #expect(try ConnectionEnvironment.connection("empty", in: environment) == nil)
        #expect(try ConnectionEnvironment.connection("other", in: environment) == nil)
        let error = #expect(throws: ConnectionFileError.self) {
            _ = try ConnectionEnvironment.connection("bad", in: environment)
        }
        #expect(error?.file == "AIRFLOW_CONN_BAD")
        #expect(error?.description.contains("hunter2") == false)
    }

    static let everyForm = """
        {
          "minio":   {"conn_type":"aws","login":"AK","password":"s/k@1","extra":{"endpoint_url":"http://minio:9000"}},
          "web":     {"conn_type":"http","description":"d","login":"l","password":"p","host":"https://h","port":"8080",
                      "schema":"s","extra":"{\\"x\\":[1,2]}"},
          "pg":      "postgresql://u:p%40ss@db:5432/app?sslmode=require&timeout=10",
          "my":      {"uri":"mysql://a:b@c/d"},
          "legacy":  {"conn_type":"x","extra_dejson":{"n":1}},
          "one":     ["redis://h:6379/0"]
        }
        """
}
