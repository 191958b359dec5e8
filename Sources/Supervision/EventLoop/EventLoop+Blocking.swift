internal import CUV

extension EventLoop {
    /// Runs a call that blocks on one of libuv's few threads. Not for calls that can last longer than seconds: name
    /// look-ups use the same threads.
    package func runBlocking<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            performNow { [self] in BlockingCall.start(on: self) { continuation.resume(returning: body()) } }
        }
    }
}

private final class BlockingCall {
    private let body: () -> Void

    private init(_ body: @escaping () -> Void) { self.body = body }

    static func start(on loop: EventLoop, _ body: @escaping () -> Void) {
        let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(BlockingCall(body)).toOpaque()
        uv_queue_work(
            loop.uv, request,
            { request in
                guard let data = request?.pointee.data else { return }
                Unmanaged<BlockingCall>.fromOpaque(data).takeUnretainedValue().body()
            },
            { request, _ in
                guard let request, let data = request.pointee.data else { return }
                Unmanaged<BlockingCall>.fromOpaque(data).release()
                request.deallocate()
            })
    }
}
