@testable import DAGKit
import DAGModel
import Foundation
import Testing
import TestServers
import WorkerProtocol
@testable import Operators

@Suite struct ProgramOperatorTests {
    struct Score: Codable, Sendable, Equatable { var auc: Double; var name: String? }

    @Test func `a command leaves its last line`() async throws {
        try await OperatorBench.with { bench async throws in
            let shell = Shell(
                "echo one; echo \"$GREETING $SLIPSTREAM_DAG_ID $AIRFLOW_CTX_DAG_RUN_ID \(.ds)\"; echo; echo oops >&2",
                env: ["GREETING": "hello from \(.taskID)"])
            #expect(try await bench.value(String.self, of: shell) == "hello from task dag manual__1 2026-01-31")
        }
    }

    @Test func `a command runs in the run's work folder, or in another`() async throws {
        try await OperatorBench.with { bench async throws in
            #expect(try await bench.value(String.self, of: Shell("pwd")) == "\(bench.folder.path)/work")
            #expect(try await bench.value(String.self, of: Shell("pwd", cwd: "../files")).hasSuffix("/files"))
            #expect(try await bench.run(Shell("pwd", cwd: "nowhere")).failure.contains("there is no folder"))
        }
    }

    @Test func `exit codes decide between skipped and failed`() async throws {
        try await OperatorBench.with { bench async throws in
            #expect(try await bench.run(Shell("exit 99")) == .skipped(reason: "the command ended with exit code 99"))
            guard case .failed(let failure) = try await bench.run(Shell("exit 3")) else { return #expect(Bool(false)) }
            #expect(failure == AttemptFailure(.task, "bash ended with exit code 3; its log tells more", exitCode: 3))
            guard case .failed(let killed) = try await bench.run(Shell("kill -9 $$")) else {
                return #expect(Bool(false))
            }
            #expect(killed.signal == 9)
            #expect(killed.message.contains("out of memory"))
            #expect(try await bench.run(Shell("nonexistent-command")).failure.contains("a command was not found"))
        }
    }

    @Test func `cancelling ends a command and all that it started`() async throws {
        try await OperatorBench.with { bench async throws in
            let context = try bench.context(Shell("sleep 1000 & echo started $!; wait"))
            let attempt = Task { await BuiltInOperators.run(context) }
            await context.waitUntil { $0.printed.contains("started") }
            let child = try #require(Int32(context.printed.split(separator: " ").last?.dropLast() ?? ""))
            attempt.cancel()
            #expect(await attempt.value.cause == .cancelled)
            // Whoever inherits orphans may be slow to bury them.
            let state = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8))?.split(separator: " ")
                .dropFirst(2).first
            #expect(state == nil || state == "Z")
        }
    }

    @Test func `very long lines and binary output do no harm`() async throws {
        try await OperatorBench.with { bench async throws in
            let shell = Shell("head -c 3000000 /dev/zero; echo; head -c 100000 /dev/urandom; echo; echo end")
            #expect(try await bench.value(String.self, of: shell) == "end")
        }
    }

    @Test func `a Python script of the bundle gives a typed result`() async throws {
        try await OperatorBench.with { bench async throws in
            try bench.folder.write(
                "files/jobs/score.py",
                """
                import json, os, sys
                print(sys.argv[1:], os.getcwd())
                json.dump({"auc": float(sys.argv[1]), "name": os.environ["NAME"]}, open(os.environ["SLIPSTREAM_RESULT"], "w"))
                """.utf8)
            let python = Python<Score>("jobs/score.py", arguments: ["0.75", "a b"], env: ["NAME": "ä \(.ds)"])
            #expect(try await bench.value(Score.self, of: python) == Score(auc: 0.75, name: "ä 2026-01-31"))
            let silent = Python("jobs/score.py", arguments: ["1"], env: ["NAME": "x"])
            #expect(try await bench.value([String: String].self, of: silent) == [:])
        }
    }

    @Test(arguments: [
        ("pass", "left no result"), ("open(r, 'w').write('{\"auc\": ')", "not valid JSON"),
        ("open(r, 'w').write('{\"auc\": NaN}')", "not valid JSON"),
        ("open(r, 'w').write('{\"auc\": \"high\"}')", "the result.auc is a string, and should be a number"),
        ("open(r, 'w').write('[1]')", "the result is a array, and should be a object"),
        ("raise SystemExit(2)", "exit code 2"),
        ("raise ValueError('x')", "exit code 1"),
    ])
    func `a script whose result is none says why`(code: String, message: String) async throws {
        try await OperatorBench.with { bench async throws in
            try bench.folder.write("files/a.py", "import os; r = os.environ['SLIPSTREAM_RESULT']\n\(code)\n".utf8)
            let outcome = try await bench.run(Python<Score>("a.py"))
            #expect(outcome.failure.contains(message), "\(outcome)")
        }
    }

    @Test func `a script or an interpreter that does not exist is named`() async throws {
        try await OperatorBench.with { bench async throws in
            try bench.folder.write("files/a.py", "".utf8)
            #expect(try await bench.run(Python("b.py")).failure.contains("the bundle has no script b.py"))
            #expect(try await bench.run(Python("../a.py")).failure.contains("below the root of the bundle"))
            #expect(try await bench.run(Python("a.py", interpreter: "no-python")).failure.contains("no-python"))
        }
    }

    @Test func `templates take outputs, parameters and dates`() async throws {
        struct Params: DAGParams { var epochs = 20 }
        struct Best: Codable, Sendable { var path: String }
        try await OperatorBench.with { bench async throws in
            let best = Output<Best>(taskID: "best")
            let shell = Shell("echo '\(best, \.path) \(param: \Params.epochs)' '\(best)'")
            let context = try bench.context(
                shell, outputs: ["best": .object(["path": .string("a b")])], params: #"{"epochs": 7}"#)
            #expect(try await OperatorBench.value(String.self, context) == #"a b 7 {"path":"a b"}"#)
            let missing = try bench.context(shell, outputs: ["best": .object([:])], params: #"{"epochs": 7}"#)
            #expect(await BuiltInOperators.run(missing).failure == "the output of task best has no value at path")
        }
    }

    @Test func `lines are cut the same however the bytes come`() {
        let text = [UInt8]("a\n\nlong line here\nend".utf8)
        for size in 1...text.count {
            var splitter = LineSplitter(limit: 6)
            var lines: [String] = []
            for start in stride(from: 0, to: text.count, by: size) {
                splitter.take(Array(text[start..<min(start + size, text.count)])) {
                    lines.append(String(decoding: $0, as: UTF8.self))
                }
            }
            splitter.finish { lines.append(String(decoding: $0, as: UTF8.self)) }
            #expect(lines == ["a", "", "long l", "end"])
        }
    }
}
