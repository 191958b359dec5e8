internal import CGit

/// Frees one of libgit2's objects when it goes out of use.
final class GitObject {
    let pointer: OpaquePointer
    private let release: (OpaquePointer) -> Void

    /// Takes what a function of libgit2 puts out.
    init(
        _ doing: @autoclosure () -> String, releasedBy release: @escaping (OpaquePointer) -> Void,
        from make: (UnsafeMutablePointer<OpaquePointer?>) -> CInt
    ) throws(BundleError) {
        var made: OpaquePointer?
        try check(make(&made), doing())
        guard let made else { throw BundleError(.local, "\(doing()) failed: libgit2 returned nothing") }
        pointer = made
        self.release = release
    }

    deinit { release(pointer) }
}

/// The 40 hexadecimal digits of an object's id.
func hexadecimal(_ id: git_oid) -> String {
    var id = id
    return withUnsafeBytes(of: &id) { bytes in
        bytes.prefix(20).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

/// The id that 40 hexadecimal digits stand for, or nil.
func objectID(_ text: String) -> git_oid? {
    var id = git_oid()
    guard text.utf8.count == 40, git_oid_fromstr(&id, text) == 0 else { return nil }
    return id
}
