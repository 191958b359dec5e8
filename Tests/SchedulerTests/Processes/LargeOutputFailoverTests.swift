import DAGModel
import Foundation
import Store
import Testing

/// Outputs above 64 KiB and the death of leaders.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct LargeOutputFailoverTests {
    @Test
    func `a large output that is made while nobody leads is kept by the next leader, and read under the one after`()
        async throws
    {
        let cluster = try await Cluster(lease: 20_000)
        let folder = cluster.bundle.folder.path
        let dag = try await cluster.bundle.publish(
            """
            import DAGKit
            import Glibc

            func hold(_ name: String) { while access("\(folder)/" + name, F_OK) != 0 { usleep(20_000) } }

            @main
            struct Moved: DAG {
                func body() {
                    let list = task("make") { _ in
                        close(open("\(folder)/making", O_WRONLY | O_CREAT, 0o666))
                        hold("make")
                        return Array(0..<150_000)
                    }
                    task("read", list.lazy) { _, list in
                        hold("read")
                        return try await list.count() + list.element(149_999) + list.value().count
                    }
                }
            }
            """)
        func touch(_ name: String) { _ = FileManager.default.createFile(atPath: cluster.file(name), contents: nil) }
        for name in ["a", "b"] { try cluster.startScheduler(name) }
        let first = try await cluster.leader()
        try cluster.startWorker()
        let run = try await cluster.bundle.trigger(dag)
        try await cluster.until("the body runs") {
            FileManager.default.fileExists(atPath: cluster.file("making"))
        }
        cluster.signal(cluster.schedulers[first.name], SIGKILL)
        touch("make")
        let second = try await cluster.leader(after: first.epoch)
        try await cluster.until("the output is kept") {
            try await cluster.store.instance(run: run.id, taskID: "make", mapIndex: -1)?.state == .success
        }
        try cluster.startScheduler("c")
        cluster.signal(cluster.schedulers[second.name], SIGKILL)
        _ = try await cluster.leader(after: second.epoch)
        touch("read")
        #expect(try await cluster.finished(run).state == .success)
        #expect(try await cluster.store.output(run: run.id, taskID: "read") == "449999")
        #expect(try await cluster.store.instance(run: run.id, taskID: "make", mapIndex: -1)?.tryNumber == 1)
        try await cluster.close()
    }
}
