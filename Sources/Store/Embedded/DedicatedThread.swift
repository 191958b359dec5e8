internal import Glibc

/// A thread of its own for calls that block, and for children that must live as long as it does.
enum DedicatedThread {
    /// Runs the closure on a new thread, which ends with it.
    static func start(_ body: @escaping @Sendable () -> Void) throws(SystemFailure) {
        let box = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        guard failure == 0 else {
            box.release()
            throw SystemFailure(code: failure)
        }
        pthread_detach(thread)
    }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
