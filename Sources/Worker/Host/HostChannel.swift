internal import Operators
internal import Supervision
internal import WorkerProtocol

/// The operator host's end of the socket to the supervisor: many attempts ask, log and run programs over it. Confined to its loop,
/// except where said.
final class HostChannel: @unchecked Sendable {
    // @unchecked: confined to the loop; what may be called from elsewhere hops to it.

    private struct Program {
        let output: @Sendable (ProgramStream, [UInt8]) -> Void
        let ended: (Result<ProgramExit, OperatorError>) -> Void
    }

    private let loop: EventLoop
    private let connection: FrameConnection
    private var lastID: UInt64 = 0
    private var questions: [UInt64: CheckedContinuation<QueryAnswer, Never>] = [:]
    private var programs: [UInt64: Program] = [:]

    init(socket: OwnedDescriptor, on loop: EventLoop) {
        self.loop = loop
        connection = FrameConnection(adopting: socket, maximumFrame: FrameLimit.toWorker, on: loop)
    }

    /// Begins to take orders; `order` sees those that concern no question and no program.
    func start(order: @escaping (HostOrder) -> Void, closed: @escaping () -> Void) throws {
        try connection.start(received: { [self] in received($0, order) }, closed: { _ in closed() })
    }

    /// From anywhere.
    func send(_ report: HostReport) {
        loop.performNow { [self] in
            do { try connection.send(report.frame) } catch {
                preconditionFailure("a report does not fit a frame: \(error)")
            }
        }
    }

    /// From anywhere.
    func ask(_ query: Query, for attempt: AttemptID) async -> QueryAnswer {
        await withCheckedContinuation { continuation in
            loop.performNow { [self] in
                lastID += 1
                questions[lastID] = continuation
                send(.child(attempt, .query(id: lastID, query)))
            }
        }
    }

    /// Runs a program to its end, also when the task is cancelled: then the program is stopped. From anywhere.
    func run(
        _ program: HostedProgram, for attempt: AttemptID, grace: Duration,
        output: @escaping @Sendable (ProgramStream, [UInt8]) -> Void
    ) async throws -> ProgramExit {
        let id = await loop.run { [self] in
            lastID += 1
            return lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.performNow { [self] in
                    programs[id] = Program(output: output, ended: { continuation.resume(with: $0) })
                    send(.startProgram(attempt, program: id, program))
                }
            }
        } onCancel: {
            send(.stopProgram(attempt, program: id, grace: Int(grace.wholeMilliseconds)))
        }
    }

    private func received(_ frame: Frame, _ order: (HostOrder) -> Void) {
        switch try? HostOrder(frame: frame.bytes) {
        case .answer(_, let id, let answer)?: questions.removeValue(forKey: id)?.resume(returning: answer)
        case .programOutput(_, let id, let isError, let bytes)?: programs[id]?.output(isError ? .error : .output, bytes)
        case .programFailed(_, let id, let reason)?:
            programs.removeValue(forKey: id)?.ended(.failure(OperatorError(reason)))
        case .programEnded(_, let id, let end)?: programs.removeValue(forKey: id)?.ended(.success(ProgramExit(end)))
        case let other?: order(other)
        case nil: connection.close()
        }
    }
}

extension ProgramExit {
    fileprivate init(_ end: ChildEnd) {
        if let signal = end.signal { self = .signalled(signal) } else { self = .exited(code: end.code ?? -1) }
    }
}
