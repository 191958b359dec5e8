internal import CUV

/// A libuv handle and the object that owns it. libuv holds the owner until the handle is closed, by its owner or by the
/// end of the loop.
package class LoopHandle: @unchecked Sendable {
    // @unchecked: confined to the loop's thread, which every entry point checks.

    /// The loop on which the handle lives.
    package let loop: EventLoop

    private var storage: UnsafeMutableRawPointer?

    init(on loop: EventLoop) { self.loop = loop }

    /// Whether the handle can still call back.
    package var isOpen: Bool { storage != nil }

    /// Makes the handle with one of libuv's init functions.
    final func open<Kind>(
        _ kind: Kind.Type, _ purpose: @autoclosure () -> String, _ initialise: (UnsafeMutablePointer<Kind>) -> CInt
    ) throws {
        loop.preconditionOnLoop()
        let pointer = UnsafeMutablePointer<Kind>.allocate(capacity: 1)
        let status = initialise(pointer)
        guard status == 0 else {
            pointer.deallocate()
            throw SystemError(uv: status, purpose())
        }
        storage = UnsafeMutableRawPointer(pointer)
        base(pointer).pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    /// The open handle, nil after the end.
    final func pointer<Kind>(_ kind: Kind.Type) -> UnsafeMutablePointer<Kind>? {
        storage?.assumingMemoryBound(to: kind)
    }

    /// Ends all callbacks at once. May be called again.
    final func closeHandle() {
        loop.preconditionOnLoop()
        guard let storage else { return }
        self.storage = nil
        uv_close(base(storage)) { handle in
            guard let handle else { return }
            if let owner = handle.pointee.data { Unmanaged<LoopHandle>.fromOpaque(owner).release() }
            UnsafeMutableRawPointer(handle).deallocate()
        }
        handleClosed()
    }

    /// Lets go of what the callbacks hold.
    func handleClosed() {}

    /// The owner of the handle in one of libuv's callbacks.
    static func owner<Kind>(_ handle: UnsafeMutablePointer<Kind>?) -> Self? {
        guard let handle, let data = base(handle).pointee.data else { return nil }
        return Unmanaged<LoopHandle>.fromOpaque(data).takeUnretainedValue() as? Self
    }

    static func closeFromWalk(_ handle: UnsafeMutablePointer<uv_handle_t>) {
        guard uv_is_closing(handle) == 0, let data = handle.pointee.data else { return }
        Unmanaged<LoopHandle>.fromOpaque(data).takeUnretainedValue().closeHandle()
    }

    private func base(_ handle: UnsafeMutableRawPointer) -> UnsafeMutablePointer<uv_handle_t> { Self.base(handle) }

    private static func base(_ handle: UnsafeMutableRawPointer) -> UnsafeMutablePointer<uv_handle_t> {
        handle.assumingMemoryBound(to: uv_handle_t.self)
    }
}
