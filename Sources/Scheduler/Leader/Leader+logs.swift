internal import DAGModel
internal import Logging
internal import Store
internal import Supervision
internal import WorkerProtocol

// The logs of attempts on their way from the workers to the log store. A worker sends a chunk again, to this leader or to the next, until
// it is told that the chunk is kept; so it is told only after the chunk is written.
extension Leader {
    func keep(_ chunk: LogChunk, of attempt: AttemptID, _ token: AttemptToken, from worker: WorkerID) {
        peers[worker]?.logsReceived += 1
        if mayReport(attempt, token) {
            logs.append(chunk)
        } else if core.token(of: attempt) == nil, recentlyEnded[attempt] == nil {
            askWhose(chunk, attempt, token, worker)
        }
        confirmLogs(worker)
    }

    /// Asks the log store to tell when it has all that came from the worker, once at a time.
    private func confirmLogs(_ worker: WorkerID) {
        guard let peer = peers[worker], !peer.isKeepingLogs, peer.strangers.isEmpty,
            peer.logsReceived > peer.logsKept
        else { return }
        peers[worker]?.isKeepingLogs = true
        logs.whenKept { [self] in
            loop.perform { [self] in assumeIsolated { $0.logsKept(peer.logsReceived, of: worker, on: peer.connection) }
            }
        }
    }

    private func logsKept(_ count: UInt64, of worker: WorkerID, on connection: FrameConnection) {
        guard peers[worker]?.connection === connection else { return }
        peers[worker]?.isKeepingLogs = false
        peers[worker]?.logsKept = count
        peers[worker]?.send(.logsKept(count))
        confirmLogs(worker)
    }

    /// A chunk of an attempt that ended before this leader's term: it is the worker's if the attempt was.
    private func askWhose(_ chunk: LogChunk, _ attempt: AttemptID, _ token: AttemptToken, _ worker: WorkerID) {
        guard let peer = peers[worker], let label = core.label(of: worker) else { return }
        peers[worker]?.strangers[attempt, default: []].append(chunk)
        guard peer.strangers[attempt] == nil else { return }
        Task {
            let isItsOwn = await endedLately(attempt, on: label)
            guard peers[worker]?.connection === peer.connection else { return }
            let chunks = peers[worker]?.strangers.removeValue(forKey: attempt) ?? []
            if isItsOwn {
                recentlyEnded.add(attempt, token, now: clock.now().monotonic)
                for chunk in chunks { logs.append(chunk) }
            }
            confirmLogs(worker)
        }
    }

    /// Whether the attempt ended on this worker a while ago; asks until the database answers.
    private func endedLately(_ attempt: AttemptID, on worker: String) async -> Bool {
        while !isOver {
            do {
                let now = clock.now().wall
                return try await store.endedAttemptWorker(attempt.rawValue, since: now - Self.logsMayFollow) == worker
            } catch {
                log.warning("Whose log attempt \(attempt) has cannot be read yet: \(error)")
                try? await Task.sleep(for: .seconds(1))
            }
        }
        return false
    }

    /// How long after its end an attempt's log may come: an hour, for a worker that had no leader.
    private static let logsMayFollow = Duration.seconds(3_600)
}
