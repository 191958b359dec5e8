internal import Foundation
internal import Glibc
internal import Supervision

/// A TCP port of 127.0.0.1 that belongs to this test and where nobody listens: the port of a server that was stopped may soon be
/// another server's.
package final class DeafPort: Sendable {
    package let number: Int
    private let socket: OwnedDescriptor

    package init() throws {
        socket = OwnedDescriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = socket.number
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, length) == 0 ? getsockname(number, $0, &length) : -1
            }
        }
        guard status == 0 else { throw SystemError("take a port that nobody listens on") }
        self.number = Int(UInt16(bigEndian: address.sin_port))
    }
}
