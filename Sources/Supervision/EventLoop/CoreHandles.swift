internal import CUV

/// The loop's own handles: they wake it and run its jobs before and after each poll.
final class CoreHandles {
    let async = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
    private let prepare = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
    private let check = UnsafeMutablePointer<uv_check_t>.allocate(capacity: 1)
    private let idle = UnsafeMutablePointer<uv_idle_t>.allocate(capacity: 1)
    private var isOpen = false

    func open(on loop: EventLoop) throws {
        loop.uv.pointee.data = Unmanaged.passUnretained(loop).toOpaque()
        try SystemError.check(uv: uv_async_init(loop.uv, async, { _ in }), "open the wake-up of the event loop")
        uv_prepare_init(loop.uv, prepare)
        uv_prepare_start(prepare) { EventLoop.of($0?.pointee.loop)?.runTurn() }
        uv_check_init(loop.uv, check)
        uv_check_start(check) { EventLoop.of($0?.pointee.loop)?.runTurn() }
        uv_idle_init(loop.uv, idle)
        isOpen = true
    }

    /// A running idle handle makes libuv poll without waiting.
    func keepAwake(_ awake: Bool) {
        guard isOpen else { return }
        if awake { uv_idle_start(idle) { _ in } } else { uv_idle_stop(idle) }
    }

    func close() {
        isOpen = false
        for handle in [UnsafeMutableRawPointer(async), .init(prepare), .init(check), .init(idle)] {
            uv_close(handle.assumingMemoryBound(to: uv_handle_t.self)) { $0?.deallocate() }
        }
    }
}

extension EventLoop {
    static func of(_ uv: UnsafeMutablePointer<uv_loop_t>?) -> EventLoop? {
        uv?.pointee.data.map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
    }
}
