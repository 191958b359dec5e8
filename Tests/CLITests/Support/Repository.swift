import Foundation
import TestServers

/// A git repository with DAG files, and a bare one that it is pushed to.
struct Repository {
    let folder: TestFolder
    var origin: String { folder.path + "/origin.git" }
    private var work: String { folder.path + "/work" }

    init(in folder: TestFolder) async throws {
        self.folder = folder
        try await git(["init", "--quiet", "--bare", "-b", "main", origin], in: folder.path)
        try await git(["init", "--quiet", "-b", "main", work], in: folder.path)
    }

    /// Commits a DAG file and pushes it.
    func push(_ dag: String, amending: Bool = false) async throws {
        let type = dag.prefix(1).uppercased() + dag.dropFirst()
        try folder.write(
            "work/\(dag).swift",
            """
            import DAGKit

            @main
            struct \(type): DAG {
                func body() { task("say") { _ in print("\(dag)") } }
            }
            """.utf8)
        try await git(["add", "-A"], in: work)
        try await git(["commit", "--quiet", "-m", dag] + (amending ? ["--amend"] : []), in: work)
        try await git(["push", "--quiet", "--force", origin, "main"], in: work)
    }

    private func git(_ words: [String], in folder: String) async throws {
        let name = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        let finished = try await CLI(home: folder).run(["git"] + name + words, in: folder)
        guard finished.code == 0 else { throw ServerFailure(description: "git \(words): \(finished.text)") }
    }
}
