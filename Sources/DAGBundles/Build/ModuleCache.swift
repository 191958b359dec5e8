internal import Synchronization

/// The compiled modules of bundles, by the hash of all that they depend on; each is compiled once, however many units wait for it.
final class ModuleCache: Sendable {
    struct Failure: Error {
        var errors: [ImportError]
    }

    private let folder: String
    private let running = Mutex<[String: Task<Result<CompiledModule, Failure>, any Error>]>([:])

    init(_ folder: String) throws(BundleError) {
        self.folder = folder
        try Disk.makeFolders(folder)
        for name in Disk.names(in: folder) where name.contains(".tmp-") { Disk.remove(folder + "/" + name) }
    }

    func compiled(
        _ module: BundleModule, key: String, compile: @escaping @Sendable () async throws -> CompilerOutcome
    ) async throws -> Result<CompiledModule, Failure> {
        let result = CompiledModule(name: module.name, folder: folder + "/" + key, key: key)
        if Disk.exists(result.folder) { return .success(result) }
        let task = running.withLock { running in
            if let task = running[key] { return task }
            let task = Task<Result<CompiledModule, Failure>, any Error> {
                switch try await compile() {
                case .failed(let errors): return .failure(Failure(errors: errors))
                case .compiled(let bytes):
                    try FileStream.unpack(bytes, into: result.folder)
                    return .success(result)
                }
            }
            running[key] = task
            return task
        }
        do {
            let outcome = try await task.value
            if case .success = outcome { running.withLock { $0[key] = nil } }
            return outcome
        } catch {
            running.withLock { $0[key] = nil }
            throw error
        }
    }
}
