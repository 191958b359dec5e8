package import DAGKit
package import DAGModel
package import HTTPClient
package import WorkerProtocol

/// What a built-in operator knows about its attempt, and all that it can do to the world around it. The operator host makes one
/// for each attempt; cancelling the attempt means cancelling the task in which the operator runs.
package protocol OperatorContext: Sendable {
    var spec: AttemptSpec { get }

    /// A folder of the run on this machine, shared by the tasks of the run that run here. Relative paths in operators mean files
    /// in it. Exists when the operator starts.
    var workFolder: String { get }
    /// The unpacked helper files of the run's version, or nil when it has none. Read-only by agreement.
    var filesFolder: String? { get }
    /// A folder of this attempt alone, for parameter and result files. Exists when the operator starts; the host removes it after
    /// the attempt.
    var attemptFolder: String { get }

    /// The client that all operators of the host share.
    var http: HTTPSession { get }

    /// - Throws: ``OperatorError`` when the connection does not exist or the attempt may not have it.
    func connection(_ id: String) async throws -> TaskConnection
    /// The output of an upstream task; of a mapped one, the list of its instances' outputs.
    func output(of task: String) async throws -> JSONValue

    /// Adds one line to the attempt's log.
    func log(_ line: String)
    /// Reports progress or a metric: `{"metric": …, "value": …, "step": …}` or `{"progress": …, "fraction": …}`.
    func progress(_ report: JSONValue)

    /// Runs a program to its end. All it prints goes to the attempt's log; `onOutput` sees the same bytes, in order, one call at
    /// a time. When the calling task is cancelled, the program's whole process group is stopped (TERM, then KILL after the grace
    /// period) and `CancellationError` is thrown once it is gone.
    ///
    /// - Throws: ``OperatorError`` when the program cannot be started.
    func run(
        _ program: ProgramSpec, onOutput: @escaping @Sendable (ProgramStream, [UInt8]) -> Void
    ) async throws -> ProgramExit

    /// Waits; holds nothing but memory. Throws `CancellationError` when the attempt is cancelled.
    func sleep(for duration: Duration) async throws
}

/// A program to start.
package struct ProgramSpec: Sendable, Hashable {
    /// The program, by path or by a name that is looked up in the environment's `PATH`, and its arguments.
    package var arguments: [String]
    /// Added to the worker's own environment, without the worker's secrets.
    package var environment: [String: String]
    package var workingFolder: String
    /// Seconds between TERM and KILL. Defaults to 10.
    package var gracePeriod: Double

    package init(
        _ arguments: [String], environment: [String: String] = [:], workingFolder: String, gracePeriod: Double = 10
    ) {
        self.arguments = arguments
        self.environment = environment
        self.workingFolder = workingFolder
        self.gracePeriod = gracePeriod
    }
}

package enum ProgramStream: UInt8, Sendable, Hashable {
    case output = 1
    case error = 2
}

/// How a program ended.
package enum ProgramExit: Sendable, Hashable {
    case exited(code: Int)
    case signalled(Int)
}

/// Why an operator failed: one sentence that a person reads, without secrets. The attempt may be retried; an operator that cannot
/// succeed however often it is tried throws ``DAGKit/FailTask`` instead.
package struct OperatorError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    /// How the program ended, if it was one.
    package let exit: ProgramExit?

    package init(_ description: String, exit: ProgramExit? = nil) {
        self.description = description
        self.exit = exit
    }
}
