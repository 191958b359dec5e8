internal import DAGModel

/// Lanes in the order in which they get slots: higher weights first; within one weight DAGs take turns; within a DAG older runs go first,
/// then the order of declaration.
///
/// A ticket that is no longer true of its lane is recognised when it is drawn.
struct LaneQueue: Sendable {
    struct Ticket: Sendable, Comparable {
        let runAfter: Instant
        let lane: LaneID
        /// The lane's first instance.
        let key: InstanceKey

        static func < (left: Ticket, right: Ticket) -> Bool {
            (left.runAfter, left.lane.run, left.key) < (right.runAfter, right.lane.run, right.key)
        }
    }

    private struct Turn: Sendable, Comparable {
        let number: Int
        let dagID: String

        static func < (left: Turn, right: Turn) -> Bool { left.number < right.number }
    }

    private struct Level: Sendable {
        var turns = BinaryHeap<Turn>()
        var tickets: [String: BinaryHeap<Ticket>] = [:]
    }

    private struct Weight: Sendable, Comparable {
        let value: Int

        static func < (left: Weight, right: Weight) -> Bool { left.value > right.value }
    }

    private var levels: [Int: Level] = [:]
    private var weights = BinaryHeap<Weight>()
    private var lastTurn = 0

    var isEmpty: Bool { levels.isEmpty }

    mutating func push(_ ticket: Ticket, dagID: String, weight: Int) {
        if levels[weight] == nil { weights.push(Weight(value: weight)) }
        if levels[weight]?.tickets[dagID] == nil {
            lastTurn += 1
            levels[weight, default: Level()].turns.push(Turn(number: lastTurn, dagID: dagID))
        }
        levels[weight]?.tickets[dagID, default: BinaryHeap()].push(ticket)
    }

    mutating func pop() -> Ticket? {
        guard let weight = weights.first?.value, let turn = levels[weight]?.turns.pop() else { return nil }
        let ticket = levels[weight]?.tickets[turn.dagID]?.pop()
        if levels[weight]?.tickets[turn.dagID]?.isEmpty == true {
            levels[weight]?.tickets[turn.dagID] = nil
            if levels[weight]?.turns.isEmpty == true {
                levels[weight] = nil
                _ = weights.pop()
            }
        } else {
            lastTurn += 1
            levels[weight]?.turns.push(Turn(number: lastTurn, dagID: turn.dagID))
        }
        return ticket
    }
}
