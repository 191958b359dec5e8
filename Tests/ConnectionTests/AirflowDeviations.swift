import DAGModel

/// Where we deliberately answer otherwise than Airflow; the reasons are in `docs/airflow-compatibility.md`.
extension GoldenCase {
    var isDeviation: Bool { isEmptyURI || hasHalfASurrogatePair || isNestedTooDeep }

    /// Airflow takes an empty URI for no URI and makes a connection without a type, which it then cannot store.
    private var isEmptyURI: Bool { uri.isEmpty }

    /// Half of a surrogate pair is no character. Airflow keeps it and fails later, when it writes the URI or the row.
    private var hasHalfASurrogatePair: Bool { refusal == .extraNotUnicode }

    /// Airflow's limit on nested JSON depends on how deep Python's stack happens to be.
    private var isNestedTooDeep: Bool { uri.utf8.count > 500 && uri.contains("%5B%5B%5B%5B%5B%5B%5B%5B") }

    private var refusal: ConnectionURIError? {
        do {
            _ = try Connection(id: "golden", uri: uri)
            return nil
        } catch {
            return error
        }
    }
}
