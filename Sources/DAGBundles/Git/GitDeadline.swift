internal import Glibc
internal import Synchronization

/// The end of one conversation with a remote. libgit2 1.5 waits without limit; when the deadline passes, the connection is cut
/// under it.
final class GitDeadline: Sendable {
    private struct State {
        var descriptor: CInt?
        var isExpired = false
    }

    private let state = Mutex(State())

    var isExpired: Bool { state.withLock { $0.isExpired } }

    /// Cuts the connection, now or as soon as there is one.
    func expire() {
        state.withLock { state in
            state.isExpired = true
            if let descriptor = state.descriptor { shutdown(descriptor, CInt(SHUT_RDWR)) }
        }
    }

    /// Notes the connection to cut; nil when it is about to be closed. False when the deadline has passed already.
    func watch(_ descriptor: CInt?) -> Bool {
        state.withLock { state in
            state.descriptor = descriptor
            return !state.isExpired
        }
    }

    private static let current = Mutex<[pthread_t: GitDeadline]>([:])

    /// The deadline of the conversation that this thread holds.
    static var ofThisThread: GitDeadline? { current.withLock { $0[pthread_self()] } }

    /// Runs `body` as this thread's conversation.
    func run<Result>(_ body: () throws(BundleError) -> Result) throws(BundleError) -> Result {
        Self.current.withLock { $0[pthread_self()] = self }
        defer { Self.current.withLock { $0[pthread_self()] = nil } }
        return try body()
    }
}
