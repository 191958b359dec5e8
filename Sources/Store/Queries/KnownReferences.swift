package import DAGModel
internal import Postgres

/// The pools, connections and variables that exist.
package struct KnownReferences: Sendable {
    private let names: [DAGReference.Kind: Set<String>]
    /// Without those that have no limit.
    private let slots: [String: Int]

    package init(pools: [PoolRecord], connections: [String], variables: [String]) {
        names = [.pool: Set(pools.map(\.name)), .connection: Set(connections), .variable: Set(variables)]
        slots = Dictionary(pools.filter { $0.slots >= 0 }.map { ($0.name, $0.slots) }) { first, _ in first }
    }

    package func has(_ reference: DAGReference) -> Bool { names[reference.kind]?.contains(reference.name) == true }

    package func names(_ kind: DAGReference.Kind) -> [String] { names[kind].map { $0.sorted() } ?? [] }

    /// The size of a pool that could never run the task; nil when it can.
    package func tooFewSlots(for task: TaskDocument) -> Int? {
        slots[task.limits.pool].flatMap { $0 < task.limits.poolSlots ? $0 : nil }
    }
}

extension StateStore {
    package func knownReferences() async throws -> KnownReferences {
        KnownReferences(
            pools: try await pools(), connections: try await connectionIDs(), variables: try await variableKeys())
    }
}
