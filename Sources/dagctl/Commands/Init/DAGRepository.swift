import Foundation

/// The files of a new repository for DAGs.
struct DAGRepository {
    let name: String
    /// The folder of the DAGKit package.
    let dagKit: String

    /// Writes all files, or none: into a folder beside, which then gets the name.
    func write(to folder: String) throws {
        let draft = folder + ".new-\(ProcessInfo.processInfo.processIdentifier)"
        let files = FileManager.default
        defer { try? files.removeItem(atPath: draft) }
        for (path, text) in contents {
            let file = draft + "/" + path
            try files.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try text.write(toFile: file, atomically: false, encoding: .utf8)
        }
        try files.moveItem(atPath: draft, toPath: folder)
    }

    var contents: [String: String] {
        [
            "Package.swift": manifest, "dags/hello/hello.swift": dag, "Tests/HelloTests/HelloTests.swift": tests,
            "README.md": readme, ".gitignore": ".build/\nPackage.resolved\n",
        ]
    }

    private var manifest: String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        // For editors and `swift test`: the server compiles the files in `dags` by itself and never runs this file.
        let package = Package(
            name: "\(name)",
            dependencies: [.package(name: "DAGKit", path: \(quoted(dagKit)))],
            targets: [
                // A target for each DAG: a folder with one `@main` file.
                .executableTarget(
                    name: "hello", dependencies: [.product(name: "DAGKit", package: "DAGKit")], path: "dags/hello"),
                .testTarget(
                    name: "HelloTests",
                    dependencies: ["hello", .product(name: "DAGTesting", package: "DAGKit")]),
            ],
            swiftLanguageModes: [.v6]
        )

        """
    }

    private var dag: String {
        """
        import DAGKit

        /// Greets somebody every day.
        @main
        struct Hello: DAG {
            let schedule = Schedule.daily
            let start = Day(2026, 1, 1)

            struct Params: DAGParams {
                var excited = false
            }

            func body() {
                let names = task("names") { _ in ["Ada", "Grace"] }
                task("greet", names) { _, names in
                    for name in names { print(greeting(for: name)) }
                }
            }
        }

        func greeting(for name: String) -> String { "Hello, \\(name)!" }

        """
    }

    private var tests: String {
        """
        import DAGTesting
        import Testing

        @testable import hello

        @Test func `a greeting names whom it greets`() {
            #expect(greeting(for: "Ada") == "Hello, Ada!")
        }

        /// The whole DAG, in memory: no server, no waiting.
        @Test func `everybody is greeted`() async throws {
            let run = try await DAGTest(Hello.self).replacing("names", returning: ["Edith"]).run()
            #expect(run.state == .success)
            #expect(run["greet"].state == .success)
        }

        """
    }

    private var readme: String {
        """
        # \(name)

        DAGs for Slipstream. Each folder in `dags` with an `@main` file is a DAG; a folder without one is a module that DAGs share.

            swift test                          # the tests
            dagctl dags test hello              # runs a DAG here, without a server
            dagctl standalone --bundle dags     # a server that follows what you save
            dagctl trigger hello --follow       # starts a run and shows its tasks

        A new DAG is a new folder in `dags` and a target in `Package.swift`.

        """
    }

    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
