/// One row of a table of states: these states may become that one, for this reason.
public struct StateTransition<State: Sendable & Hashable>: Sendable, Hashable {
    public var from: [State]
    public var to: State
    public var by: StateActor
    /// When it happens, as a sentence without a full stop.
    public var when: String

    init(_ from: [State], _ to: State, _ by: StateActor, _ when: String) {
        self.from = from
        self.to = to
        self.by = by
        self.when = when
    }
}

/// Who may change a state.
public enum StateActor: String, Sendable, Hashable, CaseIterable {
    case scheduler
    case worker
    case person
}
