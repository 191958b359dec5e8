/// Compiles the units and modules of one exported bundle, in the jail, with fixed flags.
///
/// Two steps instead of `swiftc`, whose driver alone takes as long as both: the frontend, then the linker.
struct Compiler: Sendable {
    let jail: Jail
    let toolchain: Toolchain
    let headers: HeaderCache
    /// The exported bundle; the compiler runs in it, so that its messages name files relative to it.
    let root: String

    /// Compiles a unit to a shared object.
    ///
    /// - Parameters:
    ///   - modules: the folders of the compiled modules it needs.
    ///   - isOptimised: off to learn where a file traps.
    func compile(
        _ unit: BundleUnit, modules: [CompiledModule], isOptimised: Bool = true
    ) async throws -> CompilerOutcome {
        let result = try await run(
            CompilerScript.unit, unit.moduleName, unit.sources, modules, isOptimised: isOptimised,
            [
                "autolink": toolchain.autolink, "linker": toolchain.linker, "runtime": toolchain.runtime,
                "library": toolchain.library, "objects": modules.map(\.object).joined(separator: " "),
            ])
        return outcome(result, unit.path)
    }

    /// Compiles a module to a ``FileStream`` of what importers read and what they link.
    func compile(_ module: BundleModule, modules: [CompiledModule]) async throws -> CompilerOutcome {
        let result = try await run(
            CompilerScript.module, module.name, module.sources, modules, isOptimised: true, ["name": module.name])
        return outcome(result, module.sources[0])
    }

    private func run(
        _ script: String, _ name: String, _ sources: [String], _ modules: [CompiledModule], isOptimised: Bool,
        _ variables: [String: String]
    ) async throws -> JailResult {
        let headers = try await headers.folder()
        let own = ["LANG": "C.UTF-8", "frontend": toolchain.frontend, "headers": headers]
        let flags =
            toolchain.flags(module: name, isOptimised: isOptimised) + modules.flatMap { ["-I", $0.folder] }
        return try await jail.run(
            JailCommand(
                "/bin/sh", ["-c", script, "sh"] + flags + sources.map { "./" + $0 },
                environment: own.merging(variables) { $1 },
                readable: toolchain.folders + [root, headers] + modules.map(\.folder), workingDirectory: root,
                limits: .compiling))
    }

    private func outcome(_ result: JailResult, _ path: String) -> CompilerOutcome {
        if result.isSuccess { return .compiled(result.standardOutput) }
        let errors = Diagnostics.errors(in: result.standardError)
        return .failed(errors.isEmpty ? [ImportError(file: path, message: Diagnostics.reason(result))] : errors)
    }
}

enum CompilerOutcome: Sendable, Hashable {
    case compiled([UInt8])
    case failed([ImportError])
}

/// A module's compiled parts, in a folder named by its key.
struct CompiledModule: Sendable, Hashable {
    var name: String
    var folder: String
    var key: String

    var object: String { "\(folder)/\(name).o" }
}
