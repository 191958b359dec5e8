import Foundation
import Testing

private let folder = Toolchain.testFolder.appending(path: "MustNotCompile")

/// Each file of `MustNotCompile` has a comment `// error: TEXT` on every line at which the compiler has to complain; its message
/// there contains TEXT, if there is one.
@Suite struct MustNotCompileTests {
    @Test func `there are DAG files that must not compile`() {
        #expect(swiftFiles(in: folder).count >= 15)
    }

    @Test(arguments: swiftFiles(in: folder))
    func `the compiler complains where it has to`(_ name: String) async throws {
        let file = folder.appending(path: name)
        let finished = try await Toolchain.typecheck(file)
        #expect(finished.code != 0, "\(name) compiles")
        let complaints = complaints(in: finished.errors, at: file.path)
        let expected = try expectations(of: file)
        #expect(Set(complaints.map(\.line)) == Set(expected.map(\.line)), "\(finished.errors)")
        for (line, text) in expected where !text.isEmpty {
            let messages = complaints.filter { $0.line == line }.map(\.text)
            #expect(messages.contains { $0.contains(text) }, "line \(line): \(messages)")
        }
    }

    private func expectations(of file: URL) throws -> [(line: Int, text: String)] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
            .compactMap { index, line in
                line.firstRange(of: "// error:").map {
                    (index + 1, line[$0.upperBound...].trimmingCharacters(in: .whitespaces))
                }
            }
    }

    /// The compiler's lines `PATH:LINE:COLUMN: error: TEXT`.
    private func complaints(in errors: String, at path: String) -> [(line: Int, text: String)] {
        errors.split(separator: "\n").compactMap { line in
            guard line.hasPrefix(path + ":") else { return nil }
            let parts = line.dropFirst(path.count + 1).split(separator: ":", maxSplits: 3)
            guard parts.count == 4, parts[2] == " error", let number = Int(parts[0]) else { return nil }
            return (number, String(parts[3]))
        }
    }
}
