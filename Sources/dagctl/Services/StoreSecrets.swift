import DAGModel
import Foundation
import Scheduler
import Store

/// The connections and variables of tasks, from the store.
struct StoreSecrets: SecretSource {
    let store: StateStore
    let sealer: Sealer

    func connection(_ id: String) async throws -> [UInt8]? {
        try await store.connection(id, sealer)?.taskJSON
    }

    func variable(_ key: String) async throws -> [UInt8]? {
        try await store.variable(key, sealer).map { Array($0.value.utf8) }
    }
}
