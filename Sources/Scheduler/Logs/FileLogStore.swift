internal import DAGModel
internal import Foundation
package import Logging
package import Store

/// Keeps each attempt's log in a file of its own, named by the attempt's number; a file `NUMBER.end` says that the log is complete.
package final class FileLogStore: LogStore {
    private let files: LogFiles
    private let waiting: LogQueue
    private let queue: DispatchQueue
    /// Looking through a large folder keeps no log from being written.
    private let sweeping = DispatchQueue(label: "slipstream.logs.old", qos: .utility)

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

    package func remove(_ attempts: [Int64]) async throws {
        _ = try await sweeping.result { [files] in try files.remove(attempts) }
    }

    package func remove(_ old: OldLogs) async throws -> String? {
        var count = 0
        let all = try await sweeping.result { [files] in try files.attempts() }
        for start in stride(from: 0, to: all.count, by: Self.atOnce) {
            let some = all[start..<min(all.count, start + Self.atOnce)].filter { !old.live.contains($0) }
            let written = await sweeping.value { [files] in some.map { ($0, files.writtenAt($0)) } }
            var gone = written.filter { entry in old.before.map { entry.1 < $0 } ?? false }.map(\.0)
            if let before = old.orphansBefore {
                let candidates = written.filter { $0.1 < before }.map(\.0)
                if !candidates.isEmpty { gone += try await old.unknown(candidates) }
            }
            let removed = Set(gone).sorted()
            count += try await sweeping.result { [files] in try files.remove(removed) }
        }
        return count == 0 ? nil : "\(count) log\(count == 1 ? "" : "s")"
    }

    /// The files that are looked at in one go.
    private static let atOnce = 500
}

extension DispatchQueue {
    /// What a body that may block says, run on this queue.
    fileprivate func result<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            async { continuation.resume(with: Result { try body() }) }
        }
    }

    fileprivate func value<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            async { continuation.resume(returning: body()) }
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

    /// The attempts that have a file here.
    func attempts() throws -> [Int64] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        return Set(names.compactMap { $0.split(separator: ".").first.flatMap { Int64($0) } }).sorted()
    }

    /// When an attempt's log was written to last.
    func writtenAt(_ attempt: Int64) -> Instant {
        let times = [file(attempt), endMark(attempt)].compactMap { url in
            try? FileManager.default.attributesOfItem(atPath: url.path)[.modificationDate] as? Date
        }
        return times.map { Instant(microseconds: Int64($0.timeIntervalSince1970 * 1e6)) }.max() ?? Instant(seconds: 0)
    }

    /// - Returns: How many had files.
    func remove(_ attempts: [Int64]) throws -> Int {
        var count = 0
        for attempt in attempts {
            let there = [file(attempt), endMark(attempt)].filter { FileManager.default.fileExists(atPath: $0.path) }
            for url in there { try FileManager.default.removeItem(at: url) }
            if !there.isEmpty { count += 1 }
        }
        return count
    }

    private func file(_ attempt: Int64) -> URL { folder.appending(path: "\(attempt).log") }

    private func endMark(_ attempt: Int64) -> URL { folder.appending(path: "\(attempt).end") }
}
