package import DAGModel
internal import Postgres

/// The pools, connections and variables that exist, by their names.
package struct KnownReferences: Sendable {
    private let names: [DAGReference.Kind: Set<String>]

    package init(_ names: [DAGReference.Kind: Set<String>]) { self.names = names }

    package func has(_ reference: DAGReference) -> Bool { names[reference.kind]?.contains(reference.name) == true }

    package func names(_ kind: DAGReference.Kind) -> [String] { names[kind].map { $0.sorted() } ?? [] }
}

extension StateStore {
    package func knownReferences() async throws -> KnownReferences {
        KnownReferences([
            .pool: Set(try await pools().map(\.name)), .connection: Set(try await connectionIDs()),
            .variable: Set(try await variableKeys()),
        ])
    }
}
