import Testing

@testable import DAGBundles

struct SwiftScannerTests {
    private func scan(_ text: String) -> SwiftScanner { SwiftScanner(Array(text.utf8)) }

    @Test(arguments: [
        "@main struct A {}", "@main\nstruct A {}", "import X\n// @no\n@main struct A {}",
        "@available(*, x) @main enum A {}",
        "let a = \"\\\"\"; @main struct A {}", "let a = #\"\\\"# ; @main struct A {}",
        "let a = \"\\(f(\")\"))\"\n@main struct A {}",
        "let open = \"\n@main struct A {}", "/* /* */ */ @main struct A {}", "#if os(Linux)\n@main struct A {}\n#endif",
        "let a = \"\"\"\n\"quoted\" \\(b)\n\"\"\"\n@main struct A {}", "let r = #/\"/#\n@main struct A {}",
    ])
    func `an @main type is found`(text: String) { #expect(scan(text).hasMain) }

    @Test(arguments: [
        "", "struct A {}", "// @main", "/* @main */", "/* /* */ @main */", "let a = \"@main\"",
        "@MainActor struct A {}", "@mainly struct A {}",
        "let a = \"\"\"\n@main struct A {}\n\"\"\"", "let a = #\"\"@main\"#", "let a = \"\\(\"@main\")\"", "main()",
        "/*", "\"", "#", "@", "\"\\(",
    ])
    func `what only looks like one is not`(text: String) { #expect(!scan(text).hasMain) }

    @Test func `imports are found in all their spellings`() {
        let text = """
            import Physics; import Other
            @testable import Tested
            internal import struct Chirps.Template
            // import Commented
            let a = "import Quoted"
            import var Deep.Inner.value
            """
        #expect(scan(text).imports == ["Physics", "Other", "Tested", "Chirps", "Deep"])
    }
}
