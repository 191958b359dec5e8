internal import DAGModel
internal import Logging
internal import Store
internal import Supervision

// Deadlines of runs. They stand in the database from the creation of the run on; a timer only says when to look.
extension Leader {
    /// Settles the deadlines whose time has come, and waits for the next one. Asked again meanwhile, it looks once more, never twice at a time.
    func settleDeadlines() async {
        areDeadlinesDue = true
        guard hasTakenOver, !isSettling else { return }
        isSettling = true
        defer { isSettling = false }
        while areDeadlinesDue {
            areDeadlinesDue = false
            do {
                let missed = try await settleDueDeadlines()
                if missed > 0 { await callCallbacks() }
                armDeadlineTimer(try await store.nextDeadline())
            } catch {
                log.warning("Deadlines could not be looked at yet: \(error)")
                armDeadlineTimer(clock.now().wall + .seconds(1))
            }
        }
    }

    private func settleDueDeadlines() async throws -> Int {
        var missed = 0
        while true {
            let done = try await store.settleDeadlines(now: clock.now().wall)
            missed += done.missed
            if done.settled == 0 { return missed }
        }
    }

    private func armDeadlineTimer(_ due: Instant?) {
        deadlineTimer?.cancel()
        deadlineTimer = nil
        guard let due, !isEnding else { return }
        // A calendar clock may be set meanwhile: look again every minute.
        let wait = min(max(due - clock.now().wall, .milliseconds(1)), .seconds(60))
        deadlineTimer = loop.schedule(after: wait) { [self] in
            Task { await settleDeadlines() }
        }
    }
}
