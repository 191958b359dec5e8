internal import Synchronization

/// Work that several ask for at the same time and that is done once.
///
/// It goes on while anybody waits for it: when the last one is cancelled, so is the work. Nothing is remembered: who asks after its end
/// starts it again.
final class SharedWork<Value: Sendable>: Sendable {
    private struct Running {
        let task: Task<Value, any Error>
        var waiting: Int
    }

    private let running = Mutex<[String: Running]>([:])

    /// The outcome of the work that the key names; starts it when nobody has.
    func value(_ key: String, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = running.withLock { running in
            if let task = running[key]?.task {
                running[key]?.waiting += 1
                return task
            }
            let task = Task { try await work() }
            running[key] = Running(task: task, waiting: 1)
            return task
        }
        return try await withTaskCancellationHandler {
            defer { forget(key, task) }
            return try await task.value
        } onCancel: {
            giveUp(key, task)
        }
    }

    private func forget(_ key: String, _ task: Task<Value, any Error>) {
        running.withLock { if $0[key]?.task == task { $0[key] = nil } }
    }

    private func giveUp(_ key: String, _ task: Task<Value, any Error>) {
        let isLast = running.withLock { running in
            guard running[key]?.task == task else { return false }
            running[key]?.waiting -= 1
            guard running[key]?.waiting == 0 else { return false }
            running[key] = nil
            return true
        }
        if isLast { task.cancel() }
    }
}
