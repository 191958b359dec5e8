import DAGModel
import Store
import Testing

@Suite struct ConnectionSecretsTests {
    let stored = Connection(
        id: "a", type: "aws", host: "h", login: "l", password: "hunter2",
        extra: #"{"region":"eu","aws_secret_access_key":"hunter3","auth":{"Token":"hunter4","user":"u"}}"#)

    private func entries(_ text: String) throws -> [ConnectionEntry] {
        try ConnectionFile.parse(Array(text.utf8), format: .json, name: "c.json").entries
    }

    private func merge(_ fields: String) throws -> Connection {
        try #require(entries("{\"a\": {\"conn_type\": \"aws\"\(fields)}}").first).merged(over: stored)
    }

    @Test func `a secret that an import does not mention or masks stays as stored`() throws {
        #expect(try merge("").password == "hunter2")
        #expect(try merge("").extra == stored.extra)
        #expect(try merge(#", "password": "***""#).password == "hunter2")
        #expect(try merge(#", "password": "new""#).password == "new")
        #expect(try merge(#", "password": null"#).password == nil)
        #expect(try merge(#", "password": """#).password == nil)
        #expect(try merge(#", "extra": null"#).extra == nil)
    }

    @Test func `a secret inside extra stays unless it is set or null`() throws {
        #expect(
            try merge(#", "extra": {"region": "us"}"#).extra
                == #"{"region": "us", "aws_secret_access_key": "hunter3"}"#)
        #expect(
            try merge(#", "extra": {"aws_secret_access_key": "***", "auth": {"Token": "***", "user": "v"}}"#).extra
                == #"{"aws_secret_access_key": "hunter3", "auth": {"Token": "hunter4", "user": "v"}}"#)
        #expect(try merge(#", "extra": {"aws_secret_access_key": null}"#).extra == "{}")
        #expect(
            try merge(#", "extra": "{\"aws_secret_access_key\":\"x\"}""#).extra == #"{"aws_secret_access_key":"x"}"#)
    }

    @Test func `a masked URI keeps its password`() throws {
        let entry = try #require(entries(#"{"a": "aws://l:***@h/?token=***"}"#).first)
        #expect(entry.merged(over: stored).password == "hunter2")
        #expect(entry.unresolvedMasks(over: stored) == ["extra.token"])
        #expect(entry.unresolvedMasks(over: nil) == ["password", "extra.token"])
    }

    @Test func `a masked export imported again changes nothing`() throws {
        let export = ConnectionExport([stored])
        for (text, format) in [
            (export.json, ConnectionFile.Format.json), (try export.yaml(), .yaml),
            (export.environment(), .env), (export.environment(.json), .env),
        ] {
            #expect(!text.contains("hunter"))
            let entry = try #require(
                try ConnectionFile.parse(Array(text.utf8), format: format, name: "x").entries.first)
            let merged = entry.merged(over: stored)
            #expect(merged.password == "hunter2")
            #expect(try ConnectionExtra.parse(merged.extra ?? "") == ConnectionExtra.parse(stored.extra ?? ""))
        }
    }

    @Test func `an export with secrets imported again is the same connection`() throws {
        let odd = Connection(
            id: "odd", type: "my_type", description: "line\nbreak: \"yes\" 日本 🚀", host: "0x10", login: "yes",
            password: " 1e3 # no comment ", schema: "null", port: 0, extra: #"{"a":"~","b":[1,2.50,null]}"#)
        let export = ConnectionExport([stored, odd], withSecrets: true)
        for (text, format) in [(export.json, ConnectionFile.Format.json), (try export.yaml(), .yaml)] {
            let file = try ConnectionFile.parse(Array(text.utf8), format: format, name: "x")
            #expect(file.entries.map { $0.merged(over: nil) } == [stored, odd])
        }
    }

    @Test func `keys of extra are secret by Airflow's words`() {
        for key in [
            "password", "aws_secret_access_key", "API-Key", "keyfile_dict", "extra__x__token", " Bearer ", "DSN",
        ] {
            #expect(ConnectionExtra.isSecret(key: key), "\(key)")
        }
        for key in ["region", "endpoint_url", "pass", "key", "username"] {
            #expect(!ConnectionExtra.isSecret(key: key), "\(key)")
        }
    }

    @Test func `a connection never prints its secrets`() {
        var dumped = ""
        dump(stored, to: &dumped)
        for text in ["\(stored)", String(reflecting: stored), dumped, "\([stored])", "\(Optional(stored) as Any)"] {
            #expect(!text.contains("hunter"), "\(text)")
        }
    }

    @Test func `a file with secrets is its owner's alone`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("old", to: "c.json", mode: 0o644)
        try ConnectionExport.write("{}", to: file, withSecrets: true)
        #expect(try folder.mode(of: file) == 0o600)
        try ConnectionExport.write("{}", to: file, withSecrets: false)
        #expect(try folder.mode(of: file) == 0o644)
    }
}
