internal import Foundation
package import Logging

/// Keeps each attempt's log in a file of its own, named by the attempt's number; a file `NUMBER.end` says that the log is complete.
package final class FileLogStore: LogStore {
    private let folder: URL
    private let maximumBytes: Int64
    private let log: Logger
    private let queue = DispatchQueue(label: "slipstream.logs")

    /// - Parameter maximumBytes: What one attempt may log; the rest is dropped, and the log says so. Defaults to 256 MiB.
    package init(folder: String, maximumBytes: Int64 = 256 << 20, log: Logger) throws {
        self.folder = URL(filePath: folder)
        self.maximumBytes = maximumBytes
        self.log = log
        try FileManager.default.createDirectory(
            at: self.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    package func append(attempt: Int64, offset: Int64, bytes: [UInt8], isLast: Bool) {
        queue.async { [self] in
            do {
                try write(attempt: attempt, offset: offset, bytes: bytes)
                if isLast { try Data().write(to: endMark(attempt)) }
            } catch {
                log.error("The log of attempt \(attempt) cannot be written to \(folder.path): \(error)")
            }
        }
    }

    package func read(attempt: Int64, from offset: Int64, limit: Int) async throws -> LogPart {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [self] in
                continuation.resume(with: Result { try readNow(attempt: attempt, from: offset, limit: limit) })
            }
        }
    }

    private func write(attempt: Int64, offset: Int64, bytes: [UInt8]) throws {
        guard offset < maximumBytes, !bytes.isEmpty else { return }
        var kept = Data(bytes.prefix(Int(clamping: maximumBytes - offset)))
        if offset + Int64(bytes.count) > maximumBytes {
            kept.append(contentsOf: "\n[the log is longer than \(maximumBytes) bytes; the rest was not kept]\n".utf8)
        }
        let path = file(attempt).path
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        let handle = try FileHandle(forWritingTo: file(attempt))
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: kept)
    }

    private func readNow(attempt: Int64, from offset: Int64, limit: Int) throws -> LogPart {
        let isEnded = FileManager.default.fileExists(atPath: endMark(attempt).path)
        guard FileManager.default.fileExists(atPath: file(attempt).path) else {
            return LogPart(bytes: [], isComplete: isEnded)
        }
        let handle = try FileHandle(forReadingFrom: file(attempt))
        defer { try? handle.close() }
        let size = try handle.seekToEnd()
        try handle.seek(toOffset: min(UInt64(max(0, offset)), size))
        let bytes = try handle.read(upToCount: limit) ?? Data()
        return LogPart(bytes: Array(bytes), isComplete: isEnded && UInt64(offset) + UInt64(bytes.count) >= size)
    }

    private func file(_ attempt: Int64) -> URL { folder.appending(path: "\(attempt).log") }

    private func endMark(_ attempt: Int64) -> URL { folder.appending(path: "\(attempt).end") }
}
