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

    /// A heartbeat's answer confirms the chunks before it, so while there are many an extra one asks for that.
    func flushLogs() {
        guard isWelcome else { return }
        while let chunk = outbox.next() {
            tell(chunk.message)
            if outbox.sentSinceMark > outbox.limit / 4 { sendHeartbeat() }
        }
        if outbox.isFull, outbox.sentSinceMark > 0 { sendHeartbeat() }
    }

    func pauseLogs(_ paused: Bool) {
        for attempt in attempts.values { attempt.log.pause(paused, for: .leader) }
    }
}
