import Testing

@Suite struct SourceRuleTests {
    @Test func `SQL stands in Store and the PostgreSQL adapter only`() {
        let statement = Rule(
            #/"[^"]*\b(SELECT\s|INSERT\s+INTO\s|DELETE\s+FROM\s|UPDATE\s+\w+\s+SET\s|CREATE\s+TABLE\s)/#)
        // The bench measures the database itself.
        for file in SourceTree.files where !["Store", "Postgres", "slipstream-bench"].contains(file.module) {
            for line in file.code where statement.matches(line.text) {
                Issue.record("\(file):\(line.number) has SQL: it belongs into Store")
            }
        }
    }

    @Test func `no type has the name of its module`() {
        for module in Set(SourceTree.files.map(\.module)) {
            let declaration = Rule(try? Regex("\\b(struct|class|enum|protocol|actor|typealias)\\s+\(module)\\b"))
            for file in SourceTree.files where file.module == module {
                for line in file.code where declaration.matches(line.text) {
                    Issue.record("\(file):\(line.number) declares a type with the name of its module")
                }
            }
        }
    }

    /// The adapters, and the parts of others that are bound to one thread.
    private static let uncheckedPlaces = [
        "Supervision/", "Postgres/", "HTTPClient/", "DAGBundles/Git/", "DAGBundles/Jail/", "DAGKit/Runtime/", "Worker/",
    ]

    @Test func `each unchecked Sendable stands in an adapter and says what guards it`() {
        for file in SourceTree.files {
            // A handle of a loop is confined as its superclass says.
            for line in file.code where line.text.contains("@unchecked Sendable") && !line.text.contains("LoopHandle,")
            {
                let isAllowed = Self.uncheckedPlaces.contains { file.path.hasPrefix($0) }
                #expect(isAllowed, "\(file):\(line.number) is no adapter")
                let around = file.lines[max(0, line.number - 6)...min(line.number, file.lines.count - 1)]
                let isExplained = around.contains {
                    $0.contains("// @unchecked: ") || $0.contains("`@unchecked Sendable`: ")
                }
                #expect(
                    isExplained,
                    "\(file):\(line.number): no comment \"// @unchecked: …\" says which lock or thread guards it")
            }
        }
    }

    @Test func `no source line forces a value, a try or an end`() {
        let forced = Rule(#/\btry!|\bas!|\bfatalError\(|\bTODO\b|\bFIXME\b/#)
        for file in SourceTree.files {
            for line in file.code where forced.matches(line.text) {
                Issue.record("\(file):\(line.number): \(line.text)")
            }
        }
    }
}

/// A pattern that is looked for in a line.
private struct Rule<Output> {
    let pattern: Regex<Output>?

    init(_ pattern: Regex<Output>?) { self.pattern = pattern }

    func matches(_ line: String) -> Bool {
        guard let pattern else { return false }
        return line.firstMatch(of: pattern) != nil
    }
}
