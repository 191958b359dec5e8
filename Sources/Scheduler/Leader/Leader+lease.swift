internal import DAGModel
internal import Logging
internal import Postgres
internal import Store
internal import Supervision

// What keeps a leader the leader.
extension Leader {
    /// Says again and again that this leader is alive, and compares memory with the database.
    func renewLead() async {
        var sinceReconcile = Duration.zero
        let pause = options.leaderLease / 4
        while !Task.isCancelled {
            do {
                guard try await store.renewLead(epoch: epoch) else { return fence() }
                sinceReconcile += pause
                if sinceReconcile >= options.reconcileInterval {
                    sinceReconcile = .zero
                    try await reconcile()
                }
            } catch {
                log.warning("The lead could not be renewed: \(error)")
            }
            do { try await loop.sleep(for: pause) } catch { return }
        }
    }

    /// Handles a notification; one that fails is made up for by ``reconcile()``.
    func received(_ payload: String) async {
        do {
            try await notified(payload)
        } catch {
            log.warning("The change \(payload) could not be read yet: \(error)")
        }
    }
}
