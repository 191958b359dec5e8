internal import Logging
internal import Supervision
internal import WorkerProtocol

/// Parts of the worker that stand still or are lost.
extension Supervisor {
    /// Kills what does not answer: a process that only stands still would keep its attempts for ever.
    func look() {
        var silent = runner.look()
        if host.look() { silent.append("the operator host") }
        if launcher.look() { silent.append("the launcher") }
        for part in silent { log.error("\(part) stands still and is killed; what it ran is lost") }
    }

    func hostLost(_ reason: String) {
        for attempt in attempts.values { (attempt as? HostedAttempt)?.hostLost(reason) }
    }

    func hostDrained() {
        for attempt in attempts.values { attempt.log.pause(false, for: .host) }
    }

    /// Without the launcher nothing that it had started may go on; this process has inherited what is left.
    func launcherLost(_ exit: ProcessExit) {
        guard !isStopping else { return }
        log.error("the launcher \(exit); all attempts on this worker are lost, and it is started again")
        runner.close()
        host.close()
        ProcessTree.killDescendants()
        let lost = AttemptFailure(.infrastructure, "the worker's launcher \(exit), and everything below it was stopped")
        for attempt in attempts.values { attempt.lost(lost) }
        do {
            let parts = try WorkerParts(options, loop, log, lease: lease.length)
            (launcher, runner, host, self.parts) = (parts.launcher, parts.runner, parts.host, parts)
            parts.supervisor = self
            try runner.start()
        } catch {
            end(.launcher("\(error)"))
        }
    }
}
