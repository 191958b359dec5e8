internal import CUV
internal import Glibc

/// A call to the system that failed: what was to be done, and why it could not be.
package struct SystemError: Error, Hashable, CustomStringConvertible {
    /// What was attempted, as "start the program /bin/x".
    package let purpose: String
    /// The value of `errno`.
    package let code: CInt

    package init(_ purpose: String, code: CInt = errno) {
        self.purpose = purpose
        self.code = code
    }

    /// libuv's codes are negated values of `errno`, and some of its own, as for names that cannot be resolved.
    init(uv code: CInt, _ purpose: String) { self.init(purpose, code: -code) }

    /// The system's words for the code, as "No such file or directory".
    package var reason: String {
        // uv_strerror leaks memory for codes that it does not know; all of these come from the system or from libuv.
        String(cString: uv_strerror(-code))
    }

    package var description: String { "could not \(purpose): \(reason)" }

    static func check(uv status: CInt, _ purpose: @autoclosure () -> String) throws(SystemError) {
        if status < 0 { throw SystemError(uv: status, purpose()) }
    }
}
