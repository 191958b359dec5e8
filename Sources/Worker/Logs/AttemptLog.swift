internal import Supervision
internal import WorkerProtocol

/// The log of one attempt: what comes out of its pipes, masked, as numbered chunks. Confined to the supervisor's loop.
final class AttemptLog {
    /// Whether the last chunk has been given out.
    private(set) var isComplete = false

    private let loop: EventLoop
    private let spec: AttemptSpec
    private let emit: (LogOutbox.Chunk) -> Void
    private var completed: (() -> Void)?
    private var mask = SecretMask()
    private var offset: Int64 = 0
    private var pipes: [ObjectIdentifier: OutputPipe] = [:]
    private var isFinishing = false
    private var pauses: Set<Pause> = []
    private var isPaused: Bool { !pauses.isEmpty }

    /// Who cannot take more at the moment.
    enum Pause: Hashable { case leader, host }

    init(_ spec: AttemptSpec, on loop: EventLoop, emit: @escaping (LogOutbox.Chunk) -> Void) {
        self.spec = spec
        self.loop = loop
        self.emit = emit
    }

    /// Hides these secrets from now on.
    func hide(_ secrets: [String]) { mask.add(secrets) }

    /// Takes in all that comes out of the pipe. `copy` sees the bytes as they are, and `ended` is called after the last.
    func read(
        _ pipe: OwnedDescriptor, copy: (([UInt8]) -> Void)? = nil, ended: (() -> Void)? = nil
    ) throws {
        let output = try OutputPipe(
            pipe, on: loop,
            received: { [self] bytes in
                copy?(bytes)
                write(bytes)
            },
            ended: { [self] output in
                pipes[ObjectIdentifier(output)] = nil
                ended?()
                completeIfPossible()
            })
        pipes[ObjectIdentifier(output)] = output
        output.pause(isPaused)
    }

    func write(_ bytes: [UInt8]) { send(mask.mask(bytes)) }

    /// Adds a line of the worker's own.
    func note(_ line: String) { write(Array("\(line)\n".utf8)) }

    /// Stops or resumes reading: a task that writes faster than the leader takes has to wait.
    func pause(_ paused: Bool, for reason: Pause) {
        if paused { pauses.insert(reason) } else { pauses.remove(reason) }
        for pipe in pipes.values { pipe.pause(isPaused) }
    }

    /// Takes what the pipes hold now, so that what a process wrote before its result is in the log before the result.
    func drain() { for pipe in pipes.values { pipe.drain() } }

    /// No process of the attempt is left. A background process that holds a pipe open is waited for no longer than `patience`.
    ///
    /// - Parameter completed: Called when the log has its last byte.
    func finish(patience: Duration = .seconds(1), completed: @escaping () -> Void) {
        isFinishing = true
        self.completed = completed
        completeIfPossible()
        if !isComplete { waitForPipes(patience) }
    }

    /// While reading is paused the pipes may hold more than has been read: the wait begins again.
    private func waitForPipes(_ patience: Duration) {
        loop.schedule(after: patience) { [self] in
            guard !isComplete else { return }
            if isPaused { return waitForPipes(patience) }
            for pipe in pipes.values { pipe.close() }
            pipes = [:]
            completeIfPossible()
        }
    }

    private func completeIfPossible() {
        guard isFinishing, !isComplete, pipes.isEmpty else { return }
        let rest = mask.finish()
        isComplete = true
        // An attempt that wrote nothing has no log to end.
        if offset > 0 || !rest.isEmpty { emit(chunk(rest, isLast: true)) }
        completed?()
        completed = nil
    }

    private func send(_ bytes: [UInt8]) {
        guard !isComplete else { return }
        for start in stride(from: 0, to: bytes.count, by: OutputPipe.chunkSize) {
            let end = min(start + OutputPipe.chunkSize, bytes.count)
            emit(chunk(end - start == bytes.count ? bytes : Array(bytes[start..<end]), isLast: false))
        }
    }

    private func chunk(_ bytes: [UInt8], isLast: Bool) -> LogOutbox.Chunk {
        defer { offset += Int64(bytes.count) }
        return LogOutbox.Chunk(attempt: spec.id, token: spec.token, offset: offset, bytes: bytes, isLast: isLast)
    }
}
