/// One of the DAGs that are measured.
struct Workload: Sendable {
    let name: String
    /// Tasks of one run.
    let tasks: Int
    /// The tasks are author code, a process each; otherwise they are empty.
    let hasProcesses: Bool
    /// Each task waits for the one before.
    let isChain: Bool
    /// The statements of `body()`.
    private let body: String

    static func all(_ options: BenchOptions) -> [Workload] {
        [
            Workload(name: "single_process", tasks: 1, hasProcesses: true, isChain: false, body: "_ = stamped(0)"),
            chain("chain_process", "stamped", options.chain), chain("chain_empty", "empty", options.chain),
            fan("fan_process", "stamped", options.width), fan("fan_empty", "empty", options.width),
        ]
    }

    private static func chain(_ name: String, _ task: String, _ length: Int) -> Workload {
        Workload(
            name: name, tasks: length, hasProcesses: task == "stamped", isChain: true,
            body: """
                var last = \(task)(0)
                for index in 1..<\(length) {
                    let next = \(task)(index)
                    last >> next
                    last = next
                }
                """)
    }

    private static func fan(_ name: String, _ task: String, _ width: Int) -> Workload {
        Workload(
            name: name, tasks: width + 2, hasProcesses: task == "stamped", isChain: false,
            body: """
                let first = \(task)(0), last = \(task)(\(width + 1))
                for index in 1...\(width) { chain(first, \(task)(index), last) }
                """)
    }

    /// The DAG file. The first statement of each body and the last read the clock; both times go into one file of the run as one
    /// line, after the last statement: writing it is a part of the gap.
    func source(stamps folder: String) -> String {
        """
        import DAGKit
        import Glibc

        func monotonic() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return time.tv_sec * 1_000_000_000 + time.tv_nsec
        }

        func record(_ run: String, _ index: Int, _ begin: Int, _ end: Int) {
            let line = Array("\\(index) \\(begin) \\(end)\\n".utf8)
            let file = open("\(folder)/" + run, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
            _ = write(file, line, line.count)
        }

        func stamped(_ index: Int) -> Output<Void> {
            task("t\\(index)") { context in
                let begin = monotonic()
                let run = context.runID
                record(run, index, begin, monotonic())
            }
        }

        func empty(_ index: Int) -> Output<Void> { task("t\\(index)", Empty()) }

        @main
        struct Bench_\(name): DAG {
            let id = "\(name)"
            let maxActiveTasks = 1_000

            func body() {
                \(body)
            }
        }
        """
    }
}
