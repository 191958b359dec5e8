/// When a task may start, given how its direct upstream task instances ended. Defaults to `allSuccess`.
///
/// Source: Airflow 3.3.2, `ti_deps/deps/trigger_rule_dep.py`.
public enum TriggerRule: String, Sendable, Hashable, Codable, CaseIterable {
    case allSuccess = "all_success"
    case allFailed = "all_failed"
    case allDone = "all_done"
    case allDoneMinOneSuccess = "all_done_min_one_success"
    /// The rule of teardowns: like `allDone`, but one of the setups directly upstream has to have succeeded.
    case allDoneSetupSuccess = "all_done_setup_success"
    case oneSuccess = "one_success"
    case oneFailed = "one_failed"
    case oneDone = "one_done"
    case noneFailed = "none_failed"
    case noneFailedMinOneSuccess = "none_failed_min_one_success"
    case noneSkipped = "none_skipped"
    case allSkipped = "all_skipped"
    case always
}
