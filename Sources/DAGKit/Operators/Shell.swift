public import DAGModel

/// Runs a command with `bash -c`, as Airflow's BashOperator, and gives the last line that it printed.
///
/// The exit code 0 is success, 99 skips the task, any other fails it. Values of templates become part of the command: those that a
/// stranger can choose belong into `env`, and in the command between double quotes as `"$NAME"`.
///
/// The command finds the run in its environment: `SLIPSTREAM_DAG_ID`, `SLIPSTREAM_RUN_ID`, `SLIPSTREAM_TASK_ID`,
/// `SLIPSTREAM_TRY_NUMBER`, `SLIPSTREAM_LOGICAL_DATE`, the same as `AIRFLOW_CTX_…`, and the unpacked helper files of the bundle in
/// the folder `SLIPSTREAM_FILES`.
///
/// ```swift
/// task("count", Shell("wc -l < \(file)", env: ["LANG": "C"]))
/// ```
public struct Shell: BuiltInOperator {
    public typealias Value = String
    public static let operatorType = "shell"

    public var command: Template
    public var env: [String: Template]
    public var cwd: Template?
    public var skipOnExitCode: Int?

    /// - Parameters:
    ///   - env: Added to the worker's environment. Defaults to nothing.
    ///   - cwd: Relative to the run's work folder. Defaults to the work folder itself.
    ///   - skipOnExitCode: Defaults to 99.
    public init(
        _ command: Template, env: [String: Template] = [:], cwd: Template? = nil, skipOnExitCode: Int? = 99
    ) {
        self.command = command
        self.env = env
        self.cwd = cwd
        self.skipOnExitCode = skipOnExitCode
    }
}
