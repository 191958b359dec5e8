import Testing

@testable import DAGBundles

struct BundleContentsTests {
    private func contents(_ files: [String: String]) throws -> BundleContents {
        let list = files.keys.sorted().map { BundleFile(path: $0, isExecutable: false, size: 0) }
        return try BundleContents(list) { SwiftScanner(Array((files[$0] ?? "").utf8)) }
    }

    @Test func `files with @main are units, folders without are modules, the rest are helpers`() throws {
        let contents = try contents([
            "a.swift": "import physics\n@main struct A {}", "b.swift": "@main struct B {}", "physics/x.swift": "",
            "physics/y.swift": "",
            "etl/main.swift": "import more\n@main struct E {}", "etl/part.swift": "import physics",
            "more/m.swift": "import physics",
            "jobs/train.py": "", "README.md": "",
        ])
        #expect(contents.errors.isEmpty)
        #expect(contents.units.map(\.path) == ["a.swift", "b.swift", "etl/main.swift"])
        #expect(contents.units[2].sources == ["etl/main.swift", "etl/part.swift"])
        #expect(contents.units[2].imports == ["more", "physics"])
        #expect(contents.modules(neededBy: ["more"])?.map(\.name) == ["physics", "more"])
        #expect(contents.helpers.map(\.path) == ["README.md", "jobs/train.py"])
    }

    @Test func `manifests, tests and hidden folders are ignored`() throws {
        let contents = try contents([
            "Package.swift": "@main struct P {}", "Tests/T/t.swift": "@main struct T {}",
            ".build/x.swift": "@main struct X {}", ".env": "",
            "sub/Package.swift": "", "sub/.hidden/a": "",
        ])
        #expect(
            contents.units.isEmpty && contents.modules.isEmpty && contents.helpers.isEmpty && contents.errors.isEmpty)
    }

    @Test func `a Swift file that belongs nowhere is an import error`() throws {
        let contents = try contents([
            "lost.swift": "", "many/a.swift": "@main struct A {}", "many/b.swift": "@main struct B {}",
            "many/c.swift": "",
        ])
        #expect(contents.units.map(\.path) == ["many/a.swift", "many/b.swift"])
        #expect(contents.errors.map(\.file) == ["lost.swift", "many/c.swift"])
    }

    @Test func `modules need usable, different names`() throws {
        let contents = try contents([
            "a-b/x.swift": "", "DAGKit/x.swift": "", "p/same/x.swift": "", "q/same/x.swift": "",
        ])
        #expect(contents.modules.keys.sorted() == ["same"])
        #expect(contents.errors.map(\.file) == ["DAGKit/x.swift", "a-b/x.swift", "q/same/x.swift"])
    }

    @Test func `a circle of modules is no order`() throws {
        let contents = try contents(["a/x.swift": "import b", "b/x.swift": "import a"])
        #expect(contents.modules(neededBy: ["a"]) == nil)
    }

    @Test func `module names are made from paths`() {
        #expect(BundleUnit(path: "etl/2-main.swift", sources: [], imports: []).moduleName == "etl_2_main_dag")
        #expect(BundleUnit(path: "2ä.swift", sources: [], imports: []).moduleName == "_2__dag")
    }
}
