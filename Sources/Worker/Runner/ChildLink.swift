internal import Supervision
internal import WorkerProtocol

/// A child process as the supervisor sees it: forked ahead of need, then given one attempt. Confined to the loop.
final class ChildLink {
    let pid: Int
    let output: OwnedDescriptor
    /// How the process ended, when its loaded runner has said so.
    private(set) var end: ChildEnd?

    private let connection: FrameConnection
    private var received: ((ChildMessage) -> Void)?
    private var closed: (() -> Void)?
    private var ended: (() -> Void)?
    private(set) var isClosed = false
    /// What the child sent that is not allowed: one sentence.
    private(set) var offence: String?
    /// Bytes that wait until the child reads them.
    var bufferedBytes: Int { connection.bufferedBytes }

    /// - Parameter closed: Called when the child closes its socket while it waits for an attempt.
    init(
        pid: Int, socket: OwnedDescriptor, output: OwnedDescriptor, on loop: EventLoop,
        closed: @escaping (ChildLink) -> Void
    )
        throws
    {
        self.pid = pid
        self.output = output
        connection = FrameConnection(adopting: socket, maximumFrame: FrameLimit.toWorker, on: loop)
        self.closed = { [unowned self] in closed(self) }
        connection.limitReceived(to: FrameLimit.fromChild)
        try connection.start(
            received: { [self] frame in receive(frame) },
            closed: { [self] reason in
                if case .refused(let sentence) = reason { offence = sentence }
                isClosed = true
                self.closed?()
                (received, self.closed) = (nil, nil)
            })
    }

    /// Gives the child its attempt.
    /// - Parameters:
    ///   - closed: The child has closed its socket; without a result before, it is dying.
    ///   - ended: The process, and what was left of its group, is gone; `end` says how.
    func run(
        _ spec: AttemptSpec, files: String, received: @escaping (ChildMessage) -> Void, closed: @escaping () -> Void,
        ended: @escaping () -> Void
    ) {
        (self.received, self.closed, self.ended) = (received, closed, ended)
        send(.run(spec, files: files))
    }

    func send(_ message: SupervisorMessage) { try? connection.send(message.frame) }

    /// A child that waits ends when its socket does.
    func dismiss() {
        closed = nil
        connection.close()
    }

    /// Leaves what the child sends with the child, or takes it again.
    func pauseReading(_ paused: Bool) { if !isClosed { connection.pauseReading(paused) } }

    func ended(_ end: ChildEnd) {
        self.end = end
        ended?()
        ended = nil
    }

    private func receive(_ frame: Frame) {
        do { received?(try ChildMessage(frame: frame.bytes)) } catch {
            offence = "a message of the task's process cannot be read: \(error)"
            connection.close()
        }
    }
}
