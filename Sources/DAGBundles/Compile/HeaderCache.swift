/// The C headers below Swift's own modules, precompiled once: without them each compilation would take a second longer.
final class HeaderCache: Sendable {
    private let path: String
    private let jail: Jail
    private let toolchain: Toolchain
    private let preparing = SharedWork<String>()

    init(jail: Jail, toolchain: Toolchain, folder: String) throws(BundleError) {
        self.jail = jail
        self.toolchain = toolchain
        path = folder + "/" + toolchain.identity
        try Disk.makeFolders(folder)
        for name in Disk.names(in: folder) where name != toolchain.identity { Disk.remove(folder + "/" + name) }
    }

    /// The folder with the precompiled headers; the first call makes it, and the next one tries again when that fails.
    func folder() async throws -> String {
        if Disk.exists(path) { return path }
        return try await preparing.value(path) { [self] in try await prepare() }
    }

    private func prepare() async throws -> String {
        let script = """
            set -e; \(CompilerScript.makeFolder)
            for module in DAGKit Foundation Glibc Synchronization RegexBuilder; do echo "import $module"; done > "$folder/a.swift"
            frontend=$1; shift
            "$frontend" -frontend -c "$@" -module-cache-path "$folder/headers" -o "$folder/a.o" "$folder/a.swift"
            \(FileStream.shellFunction)
            cd "$folder/headers"; send $(find . -type f)
            """
        let result = try await jail.run(
            JailCommand(
                "/bin/sh", ["-c", script, "sh", toolchain.frontend] + toolchain.flags(module: "headers"),
                environment: ["LANG": "C.UTF-8"], readable: toolchain.folders, limits: .compiling))
        guard result.isSuccess else {
            throw BundleError(
                .configuration,
                "the compiler in \(toolchain.compiler) cannot compile an empty DAG file: \(Diagnostics.reason(result))")
        }
        try FileStream.unpack(result.standardOutput, into: path)
        return path
    }
}
