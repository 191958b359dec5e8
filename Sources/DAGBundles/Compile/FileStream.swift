internal import Glibc

/// Several files in one stream of bytes, as a script in the jail writes them: for each its name, time and size, a line each, and
/// its content.
enum FileStream {
    /// The shell function `send`, which writes the files of the current folder that its arguments name.
    static let shellFunction = #"""
        send() { for file; do printf '%s\n%s\n' "$file" "$(stat -c '%Y %s' "$file")"; cat "$file"; done; }
        """#

    /// Lays the files out in a new folder, all or nothing, with their times.
    static func unpack(_ bytes: [UInt8], into folder: String) throws(BundleError) {
        let temporary = folder + Disk.temporarySuffix()
        try Disk.makeFolders(temporary)
        do throws(BundleError) {
            var rest = bytes[...]
            while !rest.isEmpty { try unpackOne(&rest, temporary) }
            try Disk.rename(temporary, to: folder)
        } catch {
            Disk.remove(temporary)
            if !Disk.exists(folder) { throw error }
        }
    }

    private static func unpackOne(_ rest: inout ArraySlice<UInt8>, _ folder: String) throws(BundleError) {
        guard let name = line(&rest), let numbers = line(&rest)?.split(separator: " "), numbers.count == 2,
            let time = Int(numbers[0]), let size = Int(numbers[1]), (0...rest.count).contains(size), isPlain(name)
        else { throw BundleError(.local, "the compiler's files came back incomplete") }
        let path = folder + "/" + name
        if let slash = path.lastIndex(of: "/") { try Disk.makeFolders(String(path[..<slash])) }
        try Disk.write(Array(rest.prefix(size)), to: path, mode: 0o444)
        rest = rest.dropFirst(size)
        // The compiler takes precompiled headers of another time than it noted for outdated.
        let moment = timespec(tv_sec: time, tv_nsec: 0)
        guard utimensat(AT_FDCWD, path, [moment, moment], 0) == 0 else { throw Disk.failure("date", path) }
    }

    private static func line(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("/") && !name.split(separator: "/").contains("..")
    }
}
