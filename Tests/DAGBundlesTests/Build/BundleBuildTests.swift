import DAGModel
import Foundation
import Testing

@testable import DAGBundles

struct BundleBuildTests {
    let bench: BuildBench

    init() async throws { bench = try await BuildBench() }

    private func error(_ statements: String, members: String = "") async throws -> ImportError {
        let build = try await bench.build(["a.swift": BuildBench.dag("a", statements, members: members)])
        #expect(build.dags.isEmpty)
        return try #require(build.allErrors.first)
    }

    @Test func `a DAG file becomes a DAG and an artifact`() async throws {
        let build = try await bench.build(["a.swift": BuildBench.dag("hello"), "jobs/x.py": "print(1)"])
        #expect(build.allErrors.isEmpty, "\(build.allErrors)")
        let dag = try #require(build.dags.first)
        #expect(dag.id == "hello" && dag.description.document.tasks.map(\.id) == ["first"])
        let store = try FolderArtifactStore(bench.scratch.path + "/store")
        #expect(try store.get(dag.artifact)?.prefix(4) == [0x7F, 0x45, 0x4C, 0x46])
        let list = try JSONDecoder().decode(HelperFiles.self, from: Data(#require(try store.get(dag.helpers))))
        #expect(list.files.map(\.path) == ["jobs/x.py"])
        #expect(try store.get(list.files[0].sha256) == Array("print(1)".utf8))
    }

    @Test func `headers are precompiled with the flags of DAG files, so that none is made again`() async throws {
        let cache = try HeaderCache(
            jail: bench.jail, toolchain: bench.toolchain, folder: bench.scratch.path + "/headers")
        let headers = try await cache.folder()
        try bench.scratch.write("bundle/a.swift", BuildBench.dag("a"))
        let script = """
            set -e; \(CompilerScript.makeFolder)
            cp -rs "$headers" "$folder/headers"
            "$frontend" -frontend -c "$@" -module-cache-path "$folder/headers" -o "$folder/unit.o"
            find "$folder/headers" -name '*.pcm' -type f
            """
        let root = bench.scratch.path + "/bundle"
        let result = try await bench.jail.run(
            JailCommand(
                "/bin/sh", ["-c", script, "sh"] + bench.toolchain.flags(module: "a") + ["./a.swift"],
                environment: ["LANG": "C.UTF-8", "frontend": bench.toolchain.frontend, "headers": headers],
                readable: bench.toolchain.folders + [root, headers], workingDirectory: root, limits: .compiling))
        #expect(result.isSuccess, "\(result.standardError)")
        #expect(String(decoding: result.standardOutput, as: UTF8.self) == "")
    }

    @Test func `modules and folders are compiled into the units that need them`() async throws {
        let build = try await bench.build([
            "physics/mass.swift": "import base\npublic let mass = 1.4 * unit", "base/u.swift": "public let unit = 2.0",
            "etl/main.swift": BuildBench.dag(
                "etl", "task(\"m\\(Int(mass * ten))\") { _ in 1 }", members: "import physics"),
            "etl/part.swift": "let ten = 10.0",
            "b.swift": BuildBench.dag("b", "print(mass)", members: "import physics"),
        ])
        #expect(build.allErrors.isEmpty, "\(build.allErrors)")
        #expect(build.dags.map(\.id) == ["b", "etl"])
        #expect(build.dags[1].description.document.tasks.map(\.id) == ["first", "m28"])
    }

    @Test func `an unchanged file is not compiled again, also after a restart`() async throws {
        let first = try await bench.build(["a.swift": BuildBench.dag("a"), "b.swift": BuildBench.dag("b")])
        let second = try await bench.build(["b.swift": BuildBench.dag("c")])
        #expect(second.dags[0].artifact == first.dags[0].artifact && second.dags[1].artifact != first.dags[1].artifact)
        let cached =
            bench.scratch.path + "/builder/artifacts/\(first.dags[0].artifact.prefix(2))/\(first.dags[0].artifact)"
        let date = try FileManager.default.attributesOfItem(atPath: cached)[.systemFileNumber] as? Int
        let third = try await bench.build([:])
        #expect(third == second)
        #expect(try FileManager.default.attributesOfItem(atPath: cached)[.systemFileNumber] as? Int == date)
    }

    @Test func `a changed module recompiles those that import it, and nobody else`() async throws {
        let first = try await bench.build([
            "m/x.swift": "public let x = \"one\"",
            "a.swift": BuildBench.dag("a", "task(x) { _ in 1 }", members: "import m"),
            "b.swift": BuildBench.dag("b"),
        ])
        let second = try await bench.build(["m/x.swift": "public let x = \"two\""])
        #expect(second.dags[0].description.document.tasks.last?.id == "two")
        #expect(second.dags[0].artifact != first.dags[0].artifact && second.dags[1].artifact == first.dags[1].artifact)
    }

    @Test func `a broken file names its line, keeps its last version and touches no other`() async throws {
        let first = try await bench.build(["a.swift": BuildBench.dag("a"), "b.swift": BuildBench.dag("b")])
        let second = try await bench.build(
            ["a.swift": "import DAGKit\nlet x: Int = \"no\"\n@main struct A: DAG { func body() {} }"], after: first)
        let error = try #require(second.units[0].errors.first)
        #expect(error.file == "a.swift" && error.line == 2 && error.column == 14)
        #expect(error.message == "cannot convert value of type 'String' to specified type 'Int'")
        #expect(second.units[0].dag == first.units[0].dag)
        #expect(second.units[1].dag?.artifact == first.units[1].dag?.artifact && second.units[1].errors.isEmpty)
        let third = try await bench.build(["b.swift": BuildBench.dag("b2")], after: second)
        #expect(third.units[0].dag == first.units[0].dag)
        let fourth = try await bench.build(removing: "a.swift", after: third)
        #expect(fourth.dags.map(\.id) == ["b2"])
    }

    @Test func `an error in a module is shown where it is`() async throws {
        let build = try await bench.build([
            "m/x.swift": "public let x = 1\npublic let y: String = x",
            "a.swift": BuildBench.dag("a", members: "import m"),
        ])
        #expect(build.units[0].errors.first?.file == "m/x.swift" && build.units[0].errors.first?.line == 2)
    }

    @Test func `a DAG id belongs to the file that had it first`() async throws {
        let first = try await bench.build(["b.swift": BuildBench.dag("same")])
        let second = try await bench.build(["a.swift": BuildBench.dag("same")], after: first)
        #expect(second.units.map { $0.dag?.id } == [nil, "same"])
        #expect(
            second.units[0].errors.first?.message.contains("belongs to b.swift already: give the DAG in a.swift")
                == true)
        let third = try await bench.build(["b.swift": "import DAGKit\n@main struct X"], after: second)
        #expect(third.units.map { $0.dag?.id } == [nil, "same"])
        let fourth = try await bench.build(["b.swift": BuildBench.dag("other")], after: third)
        #expect(fourth.units.map { $0.dag?.id } == ["same", "other"])
    }

    @Test(arguments: [
        ("fatalError(\"boom\")", "boom"), ("let a = [1]; print(a[Int(\"5\")!])", "Index out of range"),
        ("let n: Int? = Int(\"x\"); print(n!)", "Unexpectedly found nil"),
    ])
    func `a trap names its line and reason`(statements: String, reason: String) async throws {
        let error = try await error(statements)
        #expect(
            error.file == "a.swift" && error.message.contains("traps") && error.message.contains(reason), "\(error)")
        if reason != "Index out of range" { #expect(error.line == 8) }
    }

    @Test func `an endless body is stopped`() async throws {
        #expect(try await error("while true {}").message.contains("body() must not"))
    }

    @Test(arguments: [
        ("import Foundation", "task(\"t\\(Int(Date().timeIntervalSince1970))\") { _ in 1 }"),
        ("import Foundation", "task(TimeZone.current.identifier.filter(\\.isLetter)) { _ in 1 }"),
        ("import Glibc", "task(getenv(\"USER\") == nil ? \"a\" : \"b\") { _ in 1 }"),
        ("", "task(Set(0..<40).map(String.init).joined(separator: \"-\")) { _ in 1 }"),
        ("", "task(\"t\\(UInt64.random(in: 0...(.max)))\") { _ in 1 }"),
    ])
    func `what differs between two describes is an import error`(members: String, statements: String) async throws {
        let error = try await error(statements, members: members)
        #expect(
            error.message.contains("body() is not deterministic: first difference at document.tasks[1].id"), "\(error)")
    }

    @Test func `a duplicate task names both lines`() async throws {
        let error = try await error("task(\"first\") { _ in 2 }")
        #expect(error.line == 8 && error.message.contains("used twice, first on line 7"))
    }

    @Test func `a cycle is printed`() async throws {
        let error = try await error("let x = task(\"x\") { _ in 1 }; let y = task(\"y\") { _ in 1 }; x >> y; y >> x")
        #expect(error.message.contains("form a cycle") && error.message.contains(">>"))
    }

    @Test func `garbage on standard output does not matter, a false description does`() async throws {
        let fine = try await bench.build(["a.swift": BuildBench.dag("a", "print(\"garbage\")")])
        #expect(fine.allErrors.isEmpty)
        let error = try await bench.build([
            "a.swift":
                "import Glibc\n@main struct X { static func main() { puts(\"garbage\"); fflush(nil); _exit(0) } }"
        ]).allErrors.first
        #expect(
            error?.message.contains("is not what DAGKit prints") == true || error?.message.contains("loaded") == true,
            "\(error as Any)")
    }

    @Test func `an @main type that is no DAG is an import error`() async throws {
        let build = try await bench.build(["a.swift": "@main struct X { static func main() {} }"])
        #expect(build.allErrors.first?.message.contains("is not a DAG") == true)
    }

    @Test func `code in a DAG file runs only in the jail`() async throws {
        let marker = bench.scratch.path + "/marker"
        let error = try await error(
            """
            if let file = fopen("\(marker)", "w") { fputs("x", file); fclose(file); fatalError("marker") }
            if fopen("/etc/shadow", "r") != nil { fatalError("shadow") }
            if fopen("/proc/\(getpid())/environ", "r") != nil { fatalError("environ") }
            if kill(\(getpid()), 0) == 0 { fatalError("kill") }
            if socket(2, 1, 0) >= 0 { fatalError("socket") }
            if mmap(nil, 10 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED { fatalError("memory") }
            var child: pid_t = 0
            if posix_spawn(&child, "/usr/bin/true", nil, nil, [nil], nil) == 0 { fatalError("spawn") }
            fatalError("nothing was possible")
            """, members: "import Glibc")
        #expect(error.message.contains("nothing was possible"), "\(error)")
        #expect(!bench.scratch.exists("marker"))
    }

    @Test func `a type checker bomb is stopped`() async throws {
        let sum = (0..<40).map { "(-\($0) + \"\($0)\" + .\($0))" }.joined(separator: " + ")
        let error = try await error("let x: Double = \(sum.replacingOccurrences(of: " + .", with: " + -")); print(x)")
        #expect(error.file == "a.swift")
    }

    @Test func `a manifest of the repository is never executed`() async throws {
        let marker = bench.scratch.path + "/marker"
        let build = try await bench.build([
            "Package.swift": "import Foundation\nFileManager.default.createFile(atPath: \"\(marker)\", contents: nil)",
            "a.swift": BuildBench.dag("a"),
        ])
        #expect(build.allErrors.isEmpty && !bench.scratch.exists("marker"))
    }
}
