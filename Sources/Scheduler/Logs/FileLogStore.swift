internal import DAGModel
internal import Foundation
package import Logging
package import Store

/// Keeps each attempt's log in a file of its own, named by the attempt's number; a file `NUMBER.end` says that the log is complete.
package final class FileLogStore: LogStore {
    private let files: LogFiles
    private let waiting: LogQueue
    private let queue: DispatchQueue

    /// - Parameter maximumBytes: What one attempt may log; the rest is dropped, and the log says so. Defaults to 256 MiB.
    package init(folder: String, maximumBytes: Int64 = 256 << 20, log: Logger) throws {
        let files = LogFiles(folder: URL(filePath: folder), maximumBytes: maximumBytes)
        let queue = DispatchQueue(label: "slipstream.logs")
        try FileManager.default.createDirectory(
            at: files.folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        (self.files, self.queue) = (files, queue)
        waiting = LogQueue(log: log) { chunks in try await queue.result { try files.write(chunks) } }
    }

    package func append(_ chunk: LogChunk) { waiting.append(chunk) }

    package func whenKept(_ done: @escaping @Sendable () -> Void) { waiting.whenKept(done) }

    package func read(attempt: Int64, from offset: Int64, limit: Int) async throws -> LogPart {
        try await queue.result { [files] in try files.read(attempt: attempt, from: offset, limit: limit) }
    }
}

extension DispatchQueue {
    /// What a body that may block says, run on this queue.
    fileprivate func result<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            async { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// The files of logs in one folder.
private struct LogFiles: Sendable {
    let folder: URL
    let maximumBytes: Int64

    /// Writes chunks, each where it belongs: one that was written already changes nothing. An attempt whose file fails does not keep the
    /// others from theirs.
    func write(_ chunks: [LogChunk]) throws {
        var failure: (any Error)?
        for (attempt, chunks) in Dictionary(grouping: chunks, by: \.attempt) {
            do { try write(chunks, of: attempt) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private func write(_ chunks: [LogChunk], of attempt: Int64) throws {
        let chunksInside = chunks.filter { $0.start < maximumBytes && !$0.bytes.isEmpty }
        if !chunksInside.isEmpty {
            let handle = try opened(attempt)
            defer { try? handle.close() }
            for chunk in chunksInside {
                try handle.seek(toOffset: UInt64(chunk.start))
                try handle.write(contentsOf: kept(chunk))
            }
        }
        if chunks.contains(where: \.isLast) { try Data().write(to: endMark(attempt)) }
    }

    private func kept(_ chunk: LogChunk) -> Data {
        var kept = Data(chunk.bytes.prefix(Int(clamping: maximumBytes - chunk.start)))
        if chunk.start + Int64(chunk.bytes.count) > maximumBytes {
            kept.append(contentsOf: "\n[the log is longer than \(maximumBytes) bytes; the rest was not kept]\n".utf8)
        }
        return kept
    }

    private func opened(_ attempt: Int64) throws -> FileHandle {
        let path = file(attempt).path
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        return try FileHandle(forWritingTo: file(attempt))
    }

    func read(attempt: Int64, from offset: Int64, limit: Int) throws -> LogPart {
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
