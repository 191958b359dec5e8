import ArgumentParser
import DAGBundles
import DAGModel
import Scheduler
import Supervision

/// `dagctl simulate`: what the schedules of a folder would do, without a server.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Play a period of the DAGs' schedules, without a server.",
        discussion: """
            Compiles the DAG files of the folder and plays their schedules on a simulated clock with the scheduler's own rules: catch-up, \
            time zones, limits, pools, retries and timeouts. No task runs: each takes --duration and succeeds, branches follow every way.

            TASKS is DAG, DAG.TASK or a pattern with *, as gw_*.train. Durations are numbers with s, m, h or d.

            Example: dagctl simulate dags --from 2026-01-01 --to 2026-02-01
            Example: dagctl simulate --from 2026-03-28 --to 2026-03-30 --runs
            Example: dagctl simulate --from 2026-01-01 --to 2027-01-01 --duration etl.load=40m --fail "etl.*=1" --pool gpus=2
            """)

    @Argument(help: "The folder with the DAG files. Defaults to `dags` or the current folder.")
    var folder: String?

    @Option(help: "When the period begins: a date, or a time with its zone.")
    var from: String

    @Option(help: "When it ends.")
    var to: String

    @Option(help: "Tasks that all workers together run at once.")
    var slots = 16

    @Option(
        name: .customLong("duration"),
        help: "How long a task takes: 60s for all, or TASKS=60s. Defaults to a minute. May be given often.")
    var durations: [String] = []

    @Option(name: .customLong("fail"), help: "Tasks that fail: TASKS, or TASKS=N for their first N tries.")
    var failures: [String] = []

    @Option(help: "The share of all attempts that fail, from 0 to 1.")
    var failRate = 0.0

    @Option(help: "Chooses which attempts fail: the same number, the same attempts.")
    var seed: UInt64 = 0

    @Option(name: .customLong("pool"), help: "A pool and its slots, NAME=SLOTS; default_pool has 128 unless named.")
    var pools: [String] = []

    @Option(help: "The length of lists that tasks are mapped over and that only a run would tell.")
    var mapped = 3

    @Flag(name: .customLong("runs"), help: "List every run.")
    var listsRuns = false

    @Flag(name: .customLong("no-jail"), help: "Compile without a jail, where the system allows none.")
    var withoutJail = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard slots > 0 else { throw ValidationError("--slots: must be 1 or more, is \(slots)") }
        guard (0...1).contains(failRate) else {
            throw ValidationError("--fail-rate: must be from 0 to 1, is \(failRate)")
        }
        guard (0...maximumMapLength).contains(mapped) else {
            throw ValidationError("--mapped: must be from 0 to \(maximumMapLength), is \(mapped)")
        }
        _ = try (period(), work(), poolSizes())
    }

    func run() async throws {
        let loop = try EventLoop(name: "simulate")
        defer { loop.shutdown() }
        let working = try await WorkingBuild(folder ?? WorkingBuild.usualFolder, withoutJail: withoutJail, loop)
        let errors = working.build.allErrors
        guard errors.isEmpty else { throw ServiceError(errors.map(\.description).joined(separator: "\n")) }
        let dags = working.build.dags.map(\.description.document)
        guard !dags.isEmpty else { throw CommandFailure(.wrongUsage, "\(working.root) has no DAG files") }
        let sizes = try poolSizes()
        try checkPools(dags, sizes)
        let (from, to) = try period()
        let clock = ContinuousClock()
        let began = clock.now
        var simulation = try ScheduleSimulation(
            dags, from: from, to: to, slots: slots, pools: sizes, work: try work(), listsRuns: listsRuns)
        let report = simulation.run()
        let took = began.duration(to: clock.now)
        SimulationOutput(report: report, took: took).show(output.output)
    }

    // MARK: Options

    private func period() throws -> (from: Instant, to: Instant) {
        let (from, to) = (try time(from, "--from"), try time(to, "--to"))
        guard from < to else { throw ValidationError("--to: must be later than --from, is \(self.to)") }
        return (from, to)
    }

    private func time(_ text: String, _ option: String) throws -> Instant {
        if let instant = Instant(iso8601: text) ?? Instant(iso8601: "\(text)T00:00:00Z") { return instant }
        throw ValidationError(
            "\(option): must be a date as 2026-01-31 or a time as 2026-01-31T03:00:00Z, is \"\(text)\"")
    }

    private func work() throws -> SimulatedWork {
        var work = SimulatedWork()
        for text in durations {
            let (tasks, value) = Self.assignment(text)
            guard let duration = Self.duration(value ?? tasks) else {
                throw ValidationError("--duration: must be 90s, 5m, 2h or TASKS=90s, is \"\(text)\"")
            }
            if value == nil { work.duration = duration } else { work.durations.append((.init(tasks), duration)) }
        }
        for text in failures {
            let (tasks, value) = Self.assignment(text)
            guard let tries = value.map({ Int($0) }) ?? Int.max, tries > 0, !tasks.isEmpty else {
                throw ValidationError("--fail: must be TASKS or TASKS=N with N from 1 on, is \"\(text)\"")
            }
            work.failures.append((.init(tasks), tries))
        }
        (work.failureRate, work.seed, work.listLength) = (failRate, seed, mapped)
        return work
    }

    private func poolSizes() throws -> [String: Int] {
        var sizes: [String: Int] = [:]
        for text in pools {
            let (name, value) = Self.assignment(text)
            guard let slots = value.flatMap({ Int($0) }), slots >= -1, !name.isEmpty else {
                throw ValidationError("--pool: must be NAME=SLOTS, -1 for no limit, is \"\(text)\"")
            }
            sizes[name] = slots
        }
        return sizes
    }

    private func checkPools(_ dags: [DAGDocument], _ sizes: [String: Int]) throws {
        for dag in dags {
            for task in dag.tasks where sizes[task.limits.pool] == nil && task.limits.pool != "default_pool" {
                throw CommandFailure(
                    .wrongUsage,
                    "task \(task.id) of DAG \(dag.id) is in the pool \(task.limits.pool): say how many slots it has, "
                        + "--pool \(task.limits.pool)=SLOTS")
            }
        }
    }

    private static func assignment(_ text: String) -> (name: String, value: String?) {
        guard let sign = text.lastIndex(of: "=") else { return (text, nil) }
        return (String(text[..<sign]), String(text[text.index(after: sign)...]))
    }

    private static func duration(_ text: String) -> Duration? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Double(text.dropLast()), number >= 0,
            number * unit < 1e9
        else { return nil }
        return .seconds(number * unit)
    }
}
