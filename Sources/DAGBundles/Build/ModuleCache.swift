internal import Synchronization

/// The compiled modules of bundles, by the hash of all that they depend on; each is compiled once, however many units wait for it.
final class ModuleCache: Sendable {
    struct Failure: Error {
        var errors: [ImportError]
    }

    private let folder: String
    private let running = SharedWork<Result<CompiledModule, Failure>>()
    private let failures = Mutex<[String: Failure]>([:])

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
        if let failure = failures.withLock({ $0[key] }) { return .failure(failure) }
        return try await running.value(key) { [self] in
            switch try await compile() {
            case .failed(let errors):
                let failure = Failure(errors: errors)
                // Without a line it is the machine's fault, and may be over the next time.
                if errors.contains(where: { $0.line != nil }) { failures.withLock { $0[key] = failure } }
                return .failure(failure)
            case .compiled(let bytes):
                try FileStream.unpack(bytes, into: result.folder)
                return .success(result)
            }
        }
    }
}
