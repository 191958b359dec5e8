internal import DAGModel

/// Task instances that may run, in the order in which they get a slot: older runs first, then the order of declaration, as Airflow
/// orders equal priorities.
struct ReadyQueue: Sendable {
    struct Entry: Sendable, Hashable, Comparable {
        var runAfter: Instant
        var run: Int64
        var key: InstanceKey

        static func < (left: Entry, right: Entry) -> Bool {
            (left.runAfter, left.run, left.key) < (right.runAfter, right.run, right.key)
        }
    }

    private var heap = BinaryHeap<Entry>()

    var isEmpty: Bool { heap.isEmpty }

    mutating func push(_ entry: Entry) { heap.push(entry) }

    mutating func pop() -> Entry? { heap.pop() }
}
