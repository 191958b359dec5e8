/// Writes an uncompressed archive of regular files that is the same for the same files: no times, no owners.
///
/// Source: POSIX.1-2001, "ustar Interchange Format".
struct TarWriter {
    private var bytes: [UInt8] = []
    private static let block = 512

    /// - Throws: ``TarError`` for a path that the format cannot hold: over 255 bytes, or with a part that is too long.
    mutating func add(_ path: String, _ content: [UInt8], isExecutable: Bool) throws(TarError) {
        let (prefix, name) = try Self.split(path)
        var header = [UInt8](repeating: 0, count: Self.block)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put(isExecutable ? "0000755" : "0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(Self.octal(content.count, digits: 11), at: 124)
        put("00000000000", at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(prefix, at: 345)
        put(Self.octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\0 ", at: 148)
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (Self.block - content.count % Self.block) % Self.block)
    }

    func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 2 * Self.block) }

    private static func octal(_ number: Int, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// A name of at most 100 bytes and what stands before it, at most 155 bytes.
    private static func split(_ path: String) throws(TarError) -> (prefix: String, name: String) {
        if path.utf8.count <= 100 { return ("", path) }
        for slash in path.indices where path[slash] == "/" {
            let name = path[path.index(after: slash)...]
            if name.utf8.count <= 100, path[..<slash].utf8.count <= 155 {
                return (String(path[..<slash]), String(name))
            }
        }
        throw TarError(path: path)
    }
}

/// A file whose path is too long to travel with a DAG.
struct TarError: Error, CustomStringConvertible {
    let path: String

    var description: String {
        "the path \(path) is too long: at most 255 bytes, the last part at most 100"
    }
}
