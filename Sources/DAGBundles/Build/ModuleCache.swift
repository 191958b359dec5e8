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
                    try store(bytes, as: result)
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

    /// The compiler's answer: the size of the first file, a line feed, both files.
    private func store(_ bytes: [UInt8], as module: CompiledModule) throws(BundleError) {
        let header = bytes.prefix { $0 != UInt8(ascii: "\n") }
        let content = bytes.dropFirst(header.count + 1)
        let digits = String(decoding: header, as: UTF8.self).filter(\.isNumber)
        guard let size = Int(digits), size > 0, size < content.count else {
            throw BundleError(.local, "the compiled module \(module.name) came back incomplete")
        }
        let temporary = module.folder + Disk.temporarySuffix()
        try Disk.makeFolders(temporary)
        try Disk.write(Array(content.prefix(size)), to: "\(temporary)/\(module.name).swiftmodule", mode: 0o444)
        try Disk.write(Array(content.dropFirst(size)), to: "\(temporary)/\(module.name).o", mode: 0o444)
        try Disk.rename(temporary, to: module.folder)
    }
}
