import DAGModel
import Foundation
import Store
import Testing

/// `dagctl worker` on another host: it is told the API's address and the worker token, and nothing else.
@Suite(
    .enabled(if: TwoHosts.refusal == nil, "no network namespaces here: \(TwoHosts.refusal ?? "")"),
    .timeLimit(.minutes(4)))
struct RemoteWorkerTests {
    @Test func `a worker on another host finds the leader, fetches what it needs, and runs a task`() async throws {
        try await Installation.with { installation in
            let worker = try await installation.startWorker()
            let dag = try await installation.publish(
                Self.source(installation), helper: ("words.txt", "read on another host"))
            try installation.tell("go")
            let run = try await installation.finished(try await installation.trigger(dag))
            #expect(run.state == .success, "\(worker.errors)")
            #expect(try await installation.store.output(run: run.id, taskID: "read") == "\"read on another host\"")
            let attempts = try await installation.store.attempts(run: run.id, taskID: "read", mapIndex: -1)
            #expect(
                try await installation.log(of: try #require(attempts.first).id).contains("the file has 20 characters"))
        }
    }

    @Test func `a task goes on through a cut that is shorter than the lease`() async throws {
        try await Installation.with { installation in
            let worker = try await installation.startWorker()
            let dag = try await installation.publish(Self.source(installation), helper: ("words.txt", "patient"))
            let run = try await installation.trigger(dag)
            try await installation.hears("started-1")
            try installation.hosts.cutCable()
            try installation.tell("go")
            try await installation.hears("ended-1")
            try installation.hosts.mendCable()
            let ended = try await installation.finished(run)
            #expect(ended.state == .success, "\(worker.errors)")
            #expect(try await installation.store.attempts(run: run.id, taskID: "read", mapIndex: -1).count == 1)
        }
    }

    @Test func `in a cut that is longer than the lease the worker stops the task, and the scheduler tries again`()
        async throws
    {
        try await Installation.with(lease: 4) { installation in
            let worker = try await installation.startWorker()
            let dag = try await installation.publish(Self.source(installation), helper: ("words.txt", "again"))
            let run = try await installation.trigger(dag)
            try await installation.hears("started-1")
            let process = try #require(
                pid_t(try String(contentsOf: installation.shared.appending(path: "pid-1"), encoding: .utf8)))
            try installation.hosts.cutCable()
            try await installation.until("the worker has stopped the task") { kill(process, 0) != 0 }
            try await installation.until("the scheduler has given the attempt up") {
                try await installation.store.instance(run: run.id, taskID: "read", mapIndex: -1)?.state != .running
            }
            try installation.tell("go")
            try installation.hosts.mendCable()
            let ended = try await installation.finished(run)
            #expect(ended.state == .success, "\(worker.errors)")
            #expect(try await installation.store.output(run: run.id, taskID: "read") == "\"again\"")
            #expect(try await installation.store.attempts(run: run.id, taskID: "read", mapIndex: -1).count == 2)
            #expect(!FileManager.default.fileExists(atPath: installation.shared.appending(path: "ended-1").path))
        }
    }

    @Test func `a wrong token ends the worker with a sentence and exit code 5`() async throws {
        try await Installation.with { installation in
            let byAPI = try await installation.startWorker(token: "wrong")
            #expect(await byAPI.ended() == 5)
            #expect(byAPI.errors.contains("does not accept the worker token; it is the text of the file worker-token"))
            let address = try #require(try await installation.store.leader()).address
            let direct = try await installation.startWorker(["--leader", address], token: "wrong")
            #expect(await direct.ended() == 5)
            #expect(direct.errors.contains("this worker was refused: the worker token is wrong"))
        }
    }

    /// A task that says when it starts, waits for a word, and reads its helper file.
    private static func source(_ installation: Installation) -> String {
        """
        import DAGKit
        import Glibc

        func write(_ text: String, to name: String) {
            let file = open("\(installation.shared.path)/" + name, O_WRONLY | O_CREAT, 0o600)
            _ = Glibc.write(file, text, text.utf8.count)
            close(file)
        }

        @main
        struct Remote: DAG {
            func body() {
                task("read", retries: 1, retryDelay: .seconds(0)) { context in
                    write("\\(getpid())", to: "pid-\\(context.tryNumber)")
                    write("", to: "started-\\(context.tryNumber)")
                    while access("\(installation.shared.path)/go", F_OK) != 0 { usleep(10_000) }
                    var buffer = [UInt8](repeating: 0, count: 100)
                    let file = open("words.txt", O_RDONLY)
                    let count = read(file, &buffer, 100)
                    print("the file has \\(count) characters")
                    write("", to: "ended-\\(context.tryNumber)")
                    return String(decoding: buffer[..<count], as: UTF8.self)
                }
            }
        }
        """
    }
}
