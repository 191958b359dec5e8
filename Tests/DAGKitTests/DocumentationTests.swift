import DAGModel
import Foundation
import Testing

/// The DAG files that the documentation shows.
@Suite struct DocumentationTests {
    @Test(arguments: [
        "README.md", "docs/getting-started.md", "docs/writing-dags.md", "docs/waiting.md", "docs/callbacks.md",
        "docs/assets.md",
    ])
    func `the DAG files in the documentation compile and are valid`(_ page: String) async throws {
        let text = try String(contentsOf: Toolchain.repository.appending(path: page), encoding: .utf8)
        let blocks = text.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        let files = blocks.filter { $0.contains("@main") }
        #expect(!files.isEmpty)
        let folder = FileManager.default.temporaryDirectory.appending(path: "documentation-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (index, source) in files.enumerated() {
            let file = folder.appending(path: "block\(index).swift")
            try source.write(to: file, atomically: true, encoding: .utf8)
            #expect(try await Toolchain.describe(file).problems.isEmpty)
        }
    }
}
