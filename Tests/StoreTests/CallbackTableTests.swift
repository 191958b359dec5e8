import DAGModel
import Store
import Testing

/// The outbox.
struct CallbackTableTests {
    private func event(_ key: String) -> CallbackEvent {
        CallbackEvent(
            .failure, dedupeKey: key, taskID: "task", tryNumber: 2, state: "failed", reason: "it failed", attempt: 7,
            at: StoreBundle.now)
    }

    /// A run that has ended with one callback.
    private func ended(_ bundle: StoreBundle, _ committer: TickCommitter, _ key: String = "key") async throws
        -> RunRecord
    {
        let run = try await bundle.run(key)
        _ = try await committer.commit(bundle.starting(run))
        var writes = bundle.ending(run)
        writes.callbacks = [CallbackWrite(run: run.id, versionID: 1, event: event(key))]
        _ = try await committer.commit(writes)
        // A tick whose outcome is unknown is committed again.
        _ = try await committer.commit(writes)
        return run
    }

    @Test func `a callback is written with the tick, once`() async throws {
        let bundle = try await StoreBundle()
        let run = try await ended(bundle, bundle.committer(try await bundle.lead()))
        let due = try await bundle.second.dueCallbacks(now: StoreBundle.now, limit: 10)
        #expect(due.map(\.event) == [event("key")])
        #expect(due.map(\.run) == [run.id])
        #expect(due.map(\.state) == [.pending])
        #expect(try await bundle.first.nextCallback() == StoreBundle.now)
    }

    @Test func `the callback of a run that somebody changed is not written`() async throws {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        let run = try await bundle.run()
        _ = try await committer.commit(bundle.starting(run))
        #expect(try await bundle.second.requestCancel(dagID: "dag", runID: "run"))
        var writes = bundle.ending(run)
        writes.callbacks = [CallbackWrite(run: run.id, versionID: 1, event: event("key"))]
        #expect(try await committer.commit(writes).isEmpty)
        #expect(try await bundle.first.dueCallbacks(now: StoreBundle.now, limit: 10).isEmpty)
    }

    @Test func `a call is claimed once, and only by the leader`() async throws {
        let bundle = try await StoreBundle()
        let epoch = try await bundle.lead()
        _ = try await ended(bundle, bundle.committer(epoch))
        let id = try #require(try await bundle.first.dueCallbacks(now: StoreBundle.now, limit: 1).first).id
        func claim(_ store: StateStore, _ attempt: Int64, epoch: Int64) async throws -> Bool {
            try await store.claimCallback(id, attempt: attempt, token: [1], worker: "w", epoch: epoch)
        }
        #expect(try await claim(bundle.first, 8, epoch: epoch - 1) == false)
        async let one = claim(bundle.first, 9, epoch: epoch)
        async let two = claim(bundle.second, 10, epoch: epoch)
        #expect(try await [one, two].count { $0 } == 1)
        #expect(try await bundle.first.dueCallbacks(now: StoreBundle.now, limit: 1).isEmpty)
        #expect(try await bundle.first.runningCallbacks().map(\.calls) == [1])
    }

    @Test func `a call ends once, is called again when due, and what failed can be asked for again`() async throws {
        let bundle = try await StoreBundle()
        let (store, now) = (bundle.first, StoreBundle.now)
        let epoch = try await bundle.lead()
        _ = try await ended(bundle, bundle.committer(epoch))
        let id = try #require(try await store.dueCallbacks(now: now, limit: 1).first).id
        func call(_ attempt: Int64, _ end: CallbackEnd) async throws -> Bool {
            _ = try await store.claimCallback(id, attempt: attempt, token: [1], worker: "w", epoch: epoch)
            return try await store.endCallback(id, attempt: attempt, end, now: now)
        }
        #expect(try await call(8, .again(at: now + .seconds(10), error: "busy")))
        // The end of a call that was made again meanwhile, or has ended, changes nothing.
        #expect(try await store.endCallback(id, attempt: 8, .success, now: now) == false)
        #expect(try await store.dueCallbacks(now: now, limit: 1).isEmpty)
        #expect(try await store.nextCallback() == now + .seconds(10))
        #expect(try await call(9, .failed(error: "gone")))
        let failed = try #require(try await store.callback(id))
        #expect(failed.state == .failed && failed.error == "gone" && failed.calls == 2 && failed.attempts == [8, 9])
        #expect(failed.endedAt == now && failed.token == nil)
        #expect(try await store.nextCallback() == nil)
        #expect(try await store.retryCallback(id, now: now))
        #expect(try await store.retryCallback(id, now: now) == false)
        #expect(try await call(10, .success))
        #expect(try await store.callback(id)?.state == .success)
        #expect(try await store.callback(id)?.error == nil)
    }

    @Test func `callbacks are found by run and state`() async throws {
        let bundle = try await StoreBundle()
        let committer = bundle.committer(try await bundle.lead())
        for key in ["a", "b"] { _ = try await ended(bundle, committer, key) }
        var query = CallbackQuery(limit: 10)
        #expect(try await bundle.first.callbacks(query).map(\.runID) == ["b", "a"])
        query.runID = "a"
        #expect(try await bundle.first.callbacks(query).map(\.record.event.dedupeKey) == ["a"])
        query.states = [.failed]
        #expect(try await bundle.first.count(query) == 0)
    }
}
