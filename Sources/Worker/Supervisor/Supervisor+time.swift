internal import DAGModel
internal import Logging
internal import Supervision
internal import WorkerProtocol

/// What the supervisor does by the clock.
extension Supervisor {
    /// Looks at the lease and tells the launcher that the supervisor lives: often enough for a fraction of the lease.
    func tick() {
        let now = LeaseClock.now
        if now >= lease.stopAt { leaseEnded(now) }
        renewLauncher()
        look()
        ticks += 1
        if ticks % 5 == 0 { runner.tidy(now: now) }
        let period = Duration.nanoseconds(min(1_000_000_000, max(10_000_000, lease.length / 20)))
        tickTimer = loop.schedule(after: period) { [self] in tick() }
    }

    /// Removes artifacts that nobody has used for long, now and every ten minutes.
    func pruneArtifacts() {
        pruneTimer = loop.schedule(after: .seconds(600)) { [self] in pruneArtifacts() }
        let cache = artifacts.cache
        Task(executorPreference: loop) { [self, loop] in
            let entries = await loop.runBlocking { cache.entries() }
            loop.performNow { self.discard(entries) }
        }
    }

    func discard(_ entries: [PrunePlan.Entry]) {
        let used = Set(attempts.values.flatMap { [$0.spec.artifact, $0.spec.files] })
        let plan = PrunePlan(
            maximumAge: Int(options.artifactAge.components.seconds), maximumSize: options.artifactSize)
        let marked = entries.map { entry in
            var entry = entry
            entry.isInUse = used.contains(entry.name)
            return entry
        }
        for hash in plan.victims(marked, now: Int(WallClock.now / 1_000_000)) { _ = artifacts.cache.discard(hash) }
        let leftovers = artifacts.cache.leftovers()
        Task(executorPreference: loop) { [loop] in
            await loop.runBlocking { for path in leftovers { FileSystem.remove(path) } }
        }
    }

    func leaseEnded(_ now: Int64) {
        // What is still on its way on this connection was said before the lease ran out; and a leader that hangs is not waited for, also
        // by a worker without attempts: another one leads by now. A leader that was greeted a moment ago gets time to answer.
        if now >= helloSentAt + lease.patience { leader?.reconnect() }
        if attempts.values.contains(where: { !$0.isFinished }) { stopWithoutLease() }
    }

    func stopWithoutLease() {
        let seconds = readable(Double(lease.length / 4 * 3 / 1_000_000) / 1_000)
        log.error("no word from the leader for \(seconds) s: stopping all attempts")
        for attempt in attempts.values {
            attempt.stop(
                AttemptFailure(
                    .infrastructure,
                    "the worker heard nothing from the leader for \(seconds) s and stopped the attempt itself"),
                grace: lease.grace)
        }
    }

    /// Attempts may live until the lease ends; a worker without attempts as long as it says so.
    func renewLauncher() {
        let running = attempts.values.filter { !$0.isFinished }.map(\.spec.id)
        launcher.renew(until: running.isEmpty ? LeaseClock.now + lease.length : lease.end, attempts: running)
    }
}
