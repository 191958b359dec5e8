public import DAGModel

/// A DAG: its schedule, its parameters and, in ``body()``, its tasks.
///
/// One file declares one DAG and marks it `@main`:
///
/// ```swift
/// import DAGKit
///
/// @main
/// struct Hello: DAG {
///     let schedule = Schedule.daily
///     let start = Day(2026, 1, 1)
///
///     func body() {
///         let name = task("name") { _ in "world" }
///         task("greet", name) { _, name in print("Hello, \(name)!") }
///     }
/// }
/// ```
///
/// Describing a DAG must be deterministic: ``body()`` is evaluated several times, in different processes, and has to declare the
/// same tasks each time. Whatever depends on the clock, the network or chance belongs into a task.
public protocol DAG: Sendable {
    /// The parameters a run may be given. Defaults to none.
    associatedtype Params: DAGParams = NoParams

    init()

    /// The name of the DAG, unique in the installation. Defaults to the type's name in snake case: `GWTraining` is `gw_training`.
    var id: String { get }

    /// One sentence for people. Defaults to none.
    var description: String { get }

    /// When runs are created. Defaults to `.manual`.
    var schedule: Schedule { get }

    /// No run is created for a time before this day (00:00 UTC). Defaults to `.unset`: from the moment the DAG is first seen.
    var start: Day { get }

    /// No run is created for a time after this day (00:00 UTC). Defaults to `.unset`: without end.
    var end: Day { get }

    /// Creates the runs that were missed between `start` and now. Defaults to false: only the newest.
    var catchup: Bool { get }

    /// Runs that may be queued or running at once. Defaults to 16.
    var maxActiveRuns: Int { get }

    /// Task instances of one run that may be queued or running at once; sensors, which hold no slot, do not count. Defaults to 16.
    var maxActiveTasks: Int { get }

    /// How long a run may take from its start, in all: then it has failed, what runs is stopped, and everything unfinished is skipped,
    /// teardowns too. Defaults to nil: without limit.
    var dagrunTimeout: Duration? { get }

    /// So many failed runs in a row pause the DAG, until a person unpauses it. Defaults to 0: never.
    var maxConsecutiveFailedRuns: Int { get }

    /// The first task that fails ends the run: what runs is stopped and has failed, the rest is skipped, teardowns still run. Every task needs
    /// the trigger rule `.allSuccess`. Defaults to false.
    var failFast: Bool { get }

    /// What the tasks get that do not say otherwise. Defaults to nothing.
    var defaultArgs: DefaultArgs { get }

    /// Called when a run has failed. Defaults to nothing. As in Airflow not for a run that a person ended.
    var onFailure: Callback { get }

    /// Called when a run has ended well. Defaults to nothing.
    var onSuccess: Callback { get }

    /// By when a run is to have ended well, and what is called if it has not. Defaults to none.
    var deadlines: [DeadlineAlert] { get }

    /// A new DAG waits until a person unpauses it. Defaults to false.
    var isPausedUponCreation: Bool { get }

    /// Words to find the DAG by. Defaults to none.
    var tags: [String] { get }

    /// Who answers for the DAG. Defaults to "airflow".
    var owner: String { get }

    /// The connections and variables that author code of every task may ask for. Defaults to none.
    var uses: [Use] { get }

    /// Declares the tasks and what depends on what.
    func body()
}

extension DAG {
    public var id: String { snakeCase(String(describing: Self.self)) }
    public var description: String { "" }
    public var schedule: Schedule { .manual }
    public var start: Day { .unset }
    public var end: Day { .unset }
    public var catchup: Bool { false }
    public var maxActiveRuns: Int { 16 }
    public var maxActiveTasks: Int { 16 }
    public var dagrunTimeout: Duration? { nil }
    public var maxConsecutiveFailedRuns: Int { 0 }
    public var failFast: Bool { false }
    public var defaultArgs: DefaultArgs { DefaultArgs() }
    public var onFailure: Callback { .nothing }
    public var onSuccess: Callback { .nothing }
    public var deadlines: [DeadlineAlert] { [] }
    public var isPausedUponCreation: Bool { false }
    public var tags: [String] { [] }
    public var owner: String { "airflow" }
    public var uses: [Use] { [] }

    /// Where a DAG file begins: hands the DAG to the runner that loaded the file, or, run as a program, prints its description.
    public static func main() { DAGEntry.enter(Self.self) }
}

extension Day {
    /// No day: the default of ``DAG/start`` and ``DAG/end``.
    public static let unset = Day(1, 1, 1)
}

/// `GWTraining` is `gw_training`, `ETLv2` is `etlv2`.
func snakeCase(_ name: String) -> String {
    let characters = Array(name)
    var result = ""
    for (index, character) in characters.enumerated() {
        let afterLower = index > 0 && !characters[index - 1].isUppercase
        let beforeLower = index > 0 && index + 1 < characters.count && characters[index + 1].isLowercase
        if character.isUppercase, index > 0, characters[index - 1] != "_", afterLower || beforeLower { result += "_" }
        result += character.lowercased()
    }
    return result
}
