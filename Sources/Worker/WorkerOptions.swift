internal import Glibc
package import Supervision

/// How a worker is set up.
package struct WorkerOptions: Sendable {
    /// Where the leader is.
    package var leader: LeaderSearch
    /// The worker token.
    package var token: String
    /// What people see. Defaults to the host's name.
    package var name: String
    /// Author attempts and programs that run at once; waits in the operator host take none.
    package var slots: Int
    /// For artifacts, helper files and the work folders of runs. One worker at a time uses it.
    package var dataFolder: String
    /// `slipstream-runner`, with `libDAGKit.so` where it finds it.
    package var runner: String
    /// The program that has the hidden commands. Defaults to this process's own.
    package var program: String
    /// The hidden command that calls ``LauncherProcess/main(_:)``. Defaults to `worker-launcher`.
    package var launcherCommand = ["worker-launcher"]
    /// The hidden command that calls ``OperatorHostProcess/main()``. Defaults to `worker-host`.
    package var hostCommand = ["worker-host"]
    /// How long an attempt that is to stop may take between TERM and KILL. Defaults to 10 s.
    package var stopGrace: Duration = .seconds(10)
    /// How long attempts may go on when the worker is to stop. Defaults to 10 s.
    package var drainTime: Duration = .seconds(10)
    /// How long a DAG file nobody runs stays loaded. Defaults to one minute.
    package var idleTime: Duration = .seconds(60)
    /// How long opening a DAG file and evaluating its `body()` may take. Defaults to 30 s.
    package var loadTime: Duration = .seconds(30)
    /// How long an artifact that nobody uses is kept. Defaults to 14 days.
    package var artifactAge: Duration = .seconds(14 * 86_400)
    /// How many bytes of artifacts are kept; the ones unused the longest go first, but none that an attempt uses. Defaults to 5 GiB.
    package var artifactSize: Int64 = 5 << 30

    package init(
        leader: SocketEndpoint, token: String, name: String, slots: Int, dataFolder: String, runner: String,
        program: String? = nil
    ) {
        self.init(
            leader: .at(leader), token: token, name: name, slots: slots, dataFolder: dataFolder, runner: runner,
            program: program)
    }

    package init(
        leader: LeaderSearch, token: String, name: String, slots: Int, dataFolder: String, runner: String,
        program: String? = nil
    ) {
        self.leader = leader
        self.token = token
        self.name = name
        self.slots = slots
        self.dataFolder = dataFolder
        self.runner = runner
        // By the process, so that it is this release also when the file was replaced since.
        self.program = program ?? "/proc/\(getpid())/exe"
    }

    /// Every problem at once, each with key, rule and value; empty when the worker can start.
    package func validate() -> [String] {
        var problems: [String] = []
        if slots < 1 { problems.append("worker.slots: must be at least 1, is \(slots)") }
        if token.isEmpty { problems.append("worker.token: must not be empty") }
        if case .api(let url) = leader, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
            problems.append("worker.server: must begin with http:// or https://, is \"\(url)\"")
        }
        if name.isEmpty { problems.append("worker.name: must not be empty") }
        if !dataFolder.hasPrefix("/") {
            problems.append("worker.data_folder: must be an absolute path, is \"\(dataFolder)\"")
        }
        if stopGrace < .zero { problems.append("worker.stop_grace: must not be negative, is \(stopGrace)") }
        return problems
    }
}
