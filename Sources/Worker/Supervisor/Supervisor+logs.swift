internal import Supervision

/// The logs of attempts on their way to the leader.
extension Supervisor {
    /// Takes a chunk of an attempt's log on its way to the leader.
    func emit(_ chunk: LogOutbox.Chunk) {
        outbox.append(chunk)
        if outbox.isFull { pauseLogs(true) }
        guard !isFlushingLogs else { return }
        isFlushingLogs = true
        loop.atEndOfTurn { [self] in
            isFlushingLogs = false
            flushLogs()
        }
    }

    func flushLogs() {
        guard isWelcome else { return }
        while let chunk = outbox.next() { tell(chunk.message) }
    }

    /// The leader keeps so many of the chunks that were sent on this connection.
    func logsKept(_ count: UInt64) {
        if outbox.confirm(count) { pauseLogs(false) }
        checkDrained()
    }

    func pauseLogs(_ paused: Bool) {
        for attempt in attempts.values { attempt.log.pause(paused, for: .leader) }
    }
}
