internal import Glibc
internal import Supervision

/// Reads archives of helper files: POSIX ustar with regular files and folders, uncompressed.
enum TarArchive {
    private static let blockSize = 512

    /// Unpacks an archive into a new folder, read-only. Names must stay within the folder.
    static func unpack(_ bytes: [UInt8], into folder: String) throws {
        try FileSystem.makeFolder(folder)
        var folders = [folder]
        var position = 0
        while position + blockSize <= bytes.count {
            let header = Array(bytes[position..<position + blockSize])
            if header.allSatisfy({ $0 == 0 }) { break }
            let entry = try Entry(header)
            position += blockSize
            guard position + entry.size <= bytes.count else {
                throw ArtifactError("the archive of helper files is cut short")
            }
            let path = "\(folder)/\(entry.name)"
            if entry.isFolder {
                try FileSystem.makeFolder(path)
                folders.append(path)
            } else {
                if let slash = path.lastIndex(of: "/") { try FileSystem.makeFolder(String(path[..<slash])) }
                try FileSystem.write(
                    bytes[position..<position + entry.size], to: path, mode: entry.isExecutable ? 0o555 : 0o444)
            }
            position += (entry.size + blockSize - 1) / blockSize * blockSize
        }
        for folder in folders.reversed() { chmod(folder, 0o755) }
    }

    private struct Entry {
        let name: String
        let size: Int
        let isFolder: Bool
        let isExecutable: Bool

        init(_ header: [UInt8]) throws {
            let prefix = Self.text(header[345..<500])
            let path = (prefix.isEmpty ? "" : prefix + "/") + Self.text(header[0..<100])
            let parts = path.split(separator: "/").filter { $0 != "." }
            guard !path.hasPrefix("/"), !parts.contains("..") else {
                throw ArtifactError("the archive of helper files has an entry outside its folder: \(path)")
            }
            name = parts.joined(separator: "/")
            switch header[156] {
            case UInt8(ascii: "0"), 0: isFolder = false
            case UInt8(ascii: "5"): isFolder = true
            case let kind: throw ArtifactError("the archive of helper files has an entry of kind \(kind): \(path)")
            }
            guard let size = Self.octal(header[124..<136]), let mode = Self.octal(header[100..<108]) else {
                throw ArtifactError("the archive of helper files has an entry without a size: \(path)")
            }
            self.size = isFolder ? 0 : size
            isExecutable = mode & 0o111 != 0
        }

        private static func text(_ field: ArraySlice<UInt8>) -> String {
            String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
        }

        private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
            Int(text(field).filter { $0 != " " }, radix: 8)
        }
    }
}
