internal import DAGModel
internal import Store

/// Which state task instances get: Airflow's `PatchTaskInstanceBody`.
struct MarkRequest {
    let state: TaskState
    let includesUpstream: Bool
    let includesDownstream: Bool
    let includesPast: Bool
    let includesFuture: Bool

    static let fields = [
        "include_downstream", "include_future", "include_past", "include_upstream", "new_state", "note",
    ]
    static let states: [TaskState] = [.success, .failed, .skipped]

    init(_ body: inout BodyReader) {
        body.require("new_state")
        let name = body.text("new_state")
        let known = Self.states.map(\.rawValue)
        let state = Self.states.first { $0.rawValue == name }
        if body.has("new_state"), state == nil {
            body.report(
                "new_state", "enum",
                "Input should be one of \(known.joined(separator: ", "))\(suggestionText(for: name ?? "", among: known))"
            )
        }
        self.state = state ?? .success
        includesUpstream = body.bool("include_upstream") ?? false
        includesDownstream = body.bool("include_downstream") ?? false
        includesPast = body.bool("include_past") ?? false
        includesFuture = body.bool("include_future") ?? false
        body.refuseInstanceNote()
    }

    /// The instances that are meant, of a task and one of its instances or all of them.
    func selection(_ taskID: String, mapIndex: Int?) -> InstanceSelection {
        var selection = InstanceSelection(tasks: [.init(taskID, mapIndexes: mapIndex.map { [$0] })])
        selection.includeUpstream = includesUpstream
        selection.includeDownstream = includesDownstream
        return selection
    }
}
