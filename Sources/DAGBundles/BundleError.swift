/// Why a bundle, or one of its files, cannot be used: one sentence that says what happened, where, and what to do.
package struct BundleError: Error, Hashable, CustomStringConvertible {
    package enum Reason: String, Sendable, Codable {
        /// The configuration cannot work as it is.
        case configuration
        /// The remote does not answer, is gone, or stopped in the middle.
        case unreachable
        /// The remote refused the credentials.
        case authentication
        /// The remote's certificate or host key is not the expected one.
        case identity
        /// The branch, tag, commit or folder does not exist.
        case missing
        /// History was rewritten; the commit in use is kept.
        case held
        /// The tree holds what a bundle may not hold, or too much of it.
        case refused
        /// Something local failed: disk, permissions, a missing program.
        case local
    }

    package var reason: Reason
    package var description: String

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
