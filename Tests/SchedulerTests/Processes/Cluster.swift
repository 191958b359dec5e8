import DAGModel
import Foundation
import Logging
import Scheduler
import Store
import Supervision
import TestSupport
import Testing
import WorkerProtocol

/// Schedulers and workers as processes, a database, and a DAG whose bodies write down that they live. Leases are short.
final class Cluster: @unchecked Sendable {
    // @unchecked: one test uses it, from one task.

    let bundle: SchedulerBundle
    let lease: Int
    let leaderLease: Int
    private(set) var schedulers: [String: Process] = [:]
    private(set) var workers: [Process] = []
    /// The tasks that go on until ``letGo()``.
    private(set) var held: Set<String> = []

    var store: StateStore { bundle.store }
    private var link: String { file("leader") }

    init(lease: Int = 2_000, leaderLease: Int = 1_000, server: TestPostgres? = nil) async throws {
        bundle = try await SchedulerBundle(server: server, schedules: false)
        self.lease = lease
        self.leaderLease = leaderLease
    }

    func file(_ name: String) -> String { bundle.folder.appending(path: name).path }

    /// - Parameter logs: Where it keeps logs. Defaults to the folder of all.
    @discardableResult
    func startScheduler(_ name: String, logs: String = "logs") throws -> Process {
        let process = try start(
            "scheduler-harness",
            [name, bundle.database.url, "unix:\(file("s-\(name)"))", file(logs), "\(lease)", "\(leaderLease)", link])
        schedulers[name] = process
        return process
    }

    @discardableResult
    func startWorker(_ folder: String = "worker", slots: Int = 4) throws -> Process {
        let process = try start(
            "worker-harness",
            ["worker", "unix:\(link)", "secret", "\(slots)", file(folder), BuildFolder.path + "/slipstream-runner"])
        workers.append(process)
        return process
    }

    private func start(_ program: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "\(BuildFolder.path)/\(program)")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["CLUSTER_MARK": bundle.folder.path]) { $1 }
        try process.run()
        return process
    }

    func signal(_ process: Process?, _ signal: Int32) {
        guard let process, process.isRunning else { return }
        kill(process.processIdentifier, signal)
        if signal == SIGKILL { process.waitUntilExit() }
    }

    /// Ends everything; nothing may be left running.
    func close() async throws {
        for process in workers where process.isRunning {
            kill(process.processIdentifier, SIGCONT)
            process.terminate()
        }
        for process in workers { process.waitUntilExit() }
        for process in schedulers.values { signal(process, SIGKILL) }
        try await until("nothing is left running") { self.processes.isEmpty }
        await bundle.stop()
    }

    // MARK: Waiting

    /// Asks again and again until a condition holds; gives up after a minute.
    func until(_ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await bundle.loop.sleep(for: .milliseconds(20))
        }
        Issue.record("did not come about in a minute: \(what)")
        throw TimedOut(what: what)
    }

    /// The leader, once there is one that has another epoch.
    func leader(after epoch: Int64 = 0) async throws -> LeaderRecord {
        var found: LeaderRecord?
        try await until("a leader after epoch \(epoch)") {
            found = try await store.leader()
            return found.map { $0.epoch > epoch } ?? false
        }
        return try #require(found)
    }

    func finished(_ run: RunRecord) async throws -> RunRecord {
        try await until("run \(run.runID) ends") { try await store.run(id: run.id)?.state.isFinished == true }
        return try #require(try await store.run(id: run.id))
    }

    // MARK: The DAG

    /// The same as the closures, by a program of the operator host.
    private var shell: String {
        ##"""
        task("shell", Shell(#"""
            say() { read up _ < /proc/uptime; echo "$1 shell $$ ${up%.*}${up#*.}0000000" >> \##(bundle.folder.path)/witness; }
            say begin
            while [ ! -e \##(bundle.folder.path)/go ]; do sleep 0.02; say live; done
            say end
            """#), retries: 1, retryDelay: .seconds(0))
        """##
    }

    /// Three tasks that go on until ``letGo()``, a fourth by the operator host if `hosted`, and one after them.
    func publish(executionTimeout: String = "nil", retries: Int = 0, hosted: Bool = false) async throws -> String {
        held = Set((0..<3).map { "held\($0)" } + (hosted ? ["shell"] : []))
        return try await bundle.publish(
            """
            import DAGKit
            import Glibc

            let folder = "\(bundle.folder.path)"

            func witness(_ word: String, _ context: TaskContext) {
                var now = timespec()
                clock_gettime(CLOCK_MONOTONIC, &now)
                let line = "\\(word) \\(context.taskID) \\(getpid()) \\(now.tv_sec * 1_000_000_000 + now.tv_nsec)\\n"
                let file = open(folder + "/witness", O_WRONLY | O_APPEND | O_CREAT, 0o666)
                _ = line.withCString { write(file, $0, strlen($0)) }
                close(file)
            }

            @main
            struct Held: DAG {
                func body() {
                    let held = (0..<3).map { index in
                        task(
                            "held\\(index)", retries: \(retries), retryDelay: .seconds(0), executionTimeout: \(executionTimeout)
                        ) { context in
                            witness("begin", context)
                            print("waiting")
                            while access(folder + "/go", F_OK) != 0 {
                                usleep(20_000)
                                witness("live", context)
                            }
                            print("going on")
                            witness("end", context)
                        }
                    }
                    let after = task("after") { context in
                        witness("begin", context)
                        witness("end", context)
                    }
                    held >> after
                    \(hosted ? shell + " >> after" : "")
                }
            }
            """)
    }

    /// Starts a run and waits until its held tasks are at work.
    func startHeld(_ dag: String) async throws -> RunRecord {
        let run = try await bundle.trigger(dag)
        try await until("the bodies run") { self.witness.begun == self.held }
        return run
    }

    func letGo() { _ = FileManager.default.createFile(atPath: file("go"), contents: nil) }

    var witness: Witness { Witness((try? String(contentsOfFile: file("witness"), encoding: .utf8)) ?? "") }

    /// Everything that a promise says of a run whose tasks all succeeded.
    func expectSuccess(of run: RunRecord, attempts: Int? = nil) async throws {
        let run = try await finished(run)
        #expect(run.state == .success)
        let instances = try await store.instances(run: run.id)
        #expect(instances.count == held.count + 1 && instances.allSatisfy { $0.state == .success })
        #expect(witness.overlaps == [])
        #expect(witness.ended == ["after"] + held.sorted())
        for instance in instances {
            let records = try await store.attempts(run: run.id, taskID: instance.taskID, mapIndex: -1)
            #expect(records.count { $0.state == .success } == 1)
            if let attempts { #expect(records.count == attempts, "\(instance.taskID): \(records.map(\.reason))") }
        }
    }
}

struct TimedOut: Error {
    let what: String
}

// MARK: - Processes

extension Cluster {
    /// All living processes of this cluster.
    var processes: [pid_t] {
        let mark = Data("CLUSTER_MARK=\(bundle.folder.path)".utf8)
        return ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }.filter {
            FileManager.default.contents(atPath: "/proc/\($0)/environ")?.range(of: mark) != nil
        }
    }

    /// The process whose command line has this word.
    func process(_ word: String) -> pid_t? {
        processes.first { pid in
            let words = (FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()).split(separator: 0)
            return words.dropFirst().contains(Data(word.utf8))
        }
    }
}
