internal import DAGKit
internal import Glibc
internal import HTTPClient

/// Copies a training program's checkpoints to S3 while it runs, and back before a retry on a machine that has none.
///
/// A file is copied when it has not changed since the last look, so that one that is being written is left alone.
actor CheckpointKeeper {
    /// Seconds between two looks.
    static let interval = 30

    private let folder: String
    private let place: S3Location
    private let client: S3Client
    private let context: any OperatorContext
    private var seen: [String: FileVersion] = [:]
    private var kept: [String: FileVersion] = [:]

    init(_ folder: String, _ place: S3Location, _ client: S3Client, _ context: any OperatorContext) {
        self.folder = folder
        self.place = place.isPrefix ? place : S3Location(bucket: place.bucket, key: place.key + "/")
        self.client = client
        self.context = context
    }

    /// Runs `body` while a keeper, if there is one, looks after its checkpoints; what is there when it ends is kept, also when it
    /// fails.
    static func keeping(_ keeper: CheckpointKeeper?, _ body: () async throws -> Void) async throws {
        guard let keeper else { return try await body() }
        let looking = Task { await keeper.lookUntilCancelled() }
        do { try await body() } catch {
            looking.cancel()
            await looking.value
            if !(error is CancellationError) { await keeper.tryToKeepAll() }
            throw error
        }
        looking.cancel()
        await looking.value
        try await keeper.keep(onlySettled: false)
    }

    /// Gets the checkpoints from S3, unless this machine has some.
    func restore() async throws {
        let folder = folder
        guard try await BlockingWork.run({ try WorkFiles.files(below: folder) }).isEmpty else { return }
        for object in try await client.list(place) {
            let name = String(object.key.dropFirst(place.key.count))
            guard WorkFiles.isInside(name) else { continue }
            let path = "\(folder)/\(name)"
            try await BlockingWork.run { try WorkFiles.makeFolder(for: path) }
            _ = try await client.download(S3Location(bucket: place.bucket, key: object.key), to: path)
            context.log("checkpoint \(name) restored from \(place)")
            kept[name] = try await BlockingWork.run { try FileVersion(path) }
        }
    }

    private func lookUntilCancelled() async {
        while !Task.isCancelled {
            do { try await context.sleep(for: .seconds(Self.interval)) } catch { return }
            do { try await keep(onlySettled: true) } catch is CancellationError { return } catch {
                context.log("checkpoints could not be copied to \(place) now: \(error)")
            }
        }
    }

    private func tryToKeepAll() async {
        do { try await keep(onlySettled: false) } catch {
            context.log("checkpoints could not be copied to \(place): \(error)")
        }
    }

    private func keep(onlySettled: Bool) async throws {
        let folder = folder
        let found = try await BlockingWork.run {
            try WorkFiles.files(below: folder).compactMap { name in
                try FileVersion("\(folder)/\(name)").map { (name, $0) }
            }
        }
        for (name, version) in found where kept[name] != version {
            defer { seen[name] = version }
            guard !onlySettled || seen[name] == version else { continue }
            try await context.upload("\(folder)/\(name)", to: place.appending(name), with: client)
            kept[name] = version
        }
    }
}

/// What changes when a file is written.
private struct FileVersion: Sendable, Hashable {
    var size: Int
    var seconds: Int
    var nanoseconds: Int

    /// Nil when the file is gone.
    init?(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        size = Int(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}
