internal import DAGModel
internal import FoundationEssentials
internal import Synchronization
internal import WorkerProtocol

/// The child's end of its socket: questions wait for their answers, on whatever thread they are asked.
final class ChildChannel: TaskChannel {
    private struct State {
        let socket: FrameSocket
        var lastQuery: UInt64 = 0
    }

    private let state: Mutex<State>

    init(_ socket: FrameSocket) { state = Mutex(State(socket: socket)) }

    func ask(_ query: Query) throws -> [UInt8] {
        let answer = state.withLock { state -> QueryAnswer? in
            state.lastQuery += 1
            guard state.socket.send(ChildMessage.query(id: state.lastQuery, query)),
                case .answer(state.lastQuery, let answer)? = state.socket.receive(SupervisorMessage.self)
            else { return nil }
            return answer
        }
        switch answer {
        case .value(let bytes)?: return bytes
        case .refused(let reason)?: throw FailTask(reason)
        case .failed(let reason)?: throw AnswerFailed(description: reason)
        case .later?, nil: throw ChannelLost()
        }
    }

    func report(_ json: JSONValue) {
        guard let bytes = try? encodeOutput(json) else { return }
        send(.progress(json: bytes))
    }

    func setExtra(_ event: OutletEvent) { send(.outletEvent(event)) }

    func send(_ message: ChildMessage) {
        state.withLock { state in _ = state.socket.send(message) }
    }
}

/// What was asked for could not be got this time.
struct AnswerFailed: Error, CustomStringConvertible {
    let description: String
}

/// The supervisor closed the socket: the worker is gone, and with it whoever would hear this.
struct ChannelLost: Error, CustomStringConvertible {
    let description = "the worker has gone"
}
