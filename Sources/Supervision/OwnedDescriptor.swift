internal import CUV
internal import Glibc
internal import Synchronization

/// A file descriptor that is closed exactly once: by `close()`, or when the last reference goes.
package final class OwnedDescriptor: Sendable {
    /// The number of the descriptor.
    package let number: CInt

    private let isOwned = Atomic(true)

    /// Takes over an open descriptor.
    package init(owning number: CInt) { self.number = number }

    deinit { close() }

    /// Closes the descriptor, unless that was done or it was given up.
    package func close() {
        if isOwned.exchange(false, ordering: .relaxed), number >= 0 { Glibc.close(number) }
    }

    /// Gives up ownership: the caller closes the descriptor.
    package func release() -> CInt {
        isOwned.store(false, ordering: .relaxed)
        return number
    }

    /// A connected pair of Unix stream sockets, both close-on-exec.
    package static func socketPair() throws(SystemError) -> (OwnedDescriptor, OwnedDescriptor) {
        var numbers: [CInt] = [-1, -1]
        try SystemError.check(
            uv: uv_socketpair(CInt(SOCK_STREAM.rawValue), 0, &numbers, 0, 0), "make a pair of sockets")
        return (OwnedDescriptor(owning: numbers[0]), OwnedDescriptor(owning: numbers[1]))
    }

    /// A pipe, both ends close-on-exec and blocking.
    package static func pipe() throws(SystemError) -> (read: OwnedDescriptor, write: OwnedDescriptor) {
        var numbers: [CInt] = [-1, -1]
        try SystemError.check(uv: uv_pipe(&numbers, 0, 0), "make a pipe")
        return (OwnedDescriptor(owning: numbers[0]), OwnedDescriptor(owning: numbers[1]))
    }
}
