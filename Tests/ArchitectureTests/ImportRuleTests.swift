import Testing

/// The modules from the bottom to the top; a module imports only from rows below its own.
private let rows: [[String]] = [
    ["CPostgres", "CGit", "CCurl", "CUV", "CPosix"],
    ["DAGModel"],
    ["Supervision"],
    ["Postgres", "HTTPClient"],
    ["WorkerProtocol"],
    ["DAGKit"],
    ["DAGTesting"],
    ["DAGBundles"],
    ["Store"],
    ["Operators"],
    ["Scheduler", "Worker", "WebAPI"],
    ["dagctl", "slipstream-bench"],
]

/// Modules that may import nothing but these; of a module that is not listed, only its row is checked.
private let mayImportOnly: [String: Set<String>] = [
    "DAGModel": ["Synchronization"],
    "WorkerProtocol": ["DAGModel", "Synchronization"],
    "DAGKit": ["DAGModel", "WorkerProtocol", "CPosix", "FoundationEssentials", "Glibc", "Synchronization"],
    "Supervision": ["CUV", "CPosix", "Dispatch", "Glibc", "Logging", "Synchronization"],
]

/// Each C library stops at its adapter.
private let adapterOf = ["CPostgres": "Postgres", "CGit": "DAGBundles", "CCurl": "HTTPClient", "CUV": "Supervision"]

@Suite struct ImportRuleTests {
    @Test func `imports point down only`() {
        let row = Dictionary(
            uniqueKeysWithValues: rows.enumerated().flatMap { row in row.element.map { ($0, row.offset) } })
        for file in SourceTree.files {
            guard let own = row[file.module] else {
                Issue.record("\(file): module \(file.module) has no place among the rows of this test")
                continue
            }
            for imported in file.imports {
                guard let other = row[imported] else { continue }
                #expect(other < own, "\(file) imports \(imported), which does not lie below \(file.module)")
            }
        }
    }

    @Test func `pure modules and the author's module import only what they may`() {
        for file in SourceTree.files {
            guard let allowed = mayImportOnly[file.module] else { continue }
            let others = Set(file.imports).subtracting(allowed)
            #expect(others.isEmpty, "\(file) imports \(others.sorted().joined(separator: ", "))")
        }
    }

    @Test func `adapters know nothing of DAGs`() {
        for file in SourceTree.files where ["Supervision", "Postgres", "HTTPClient"].contains(file.module) {
            #expect(!file.imports.contains("DAGModel"), "\(file) imports DAGModel")
        }
    }

    @Test func `a C library is imported by its adapter only`() {
        for file in SourceTree.files {
            for imported in file.imports {
                guard let adapter = adapterOf[imported] else { continue }
                #expect(file.module == adapter, "\(file) imports \(imported), which belongs to \(adapter)")
            }
        }
    }
}
