/// Compiles the units and modules of one exported bundle, in the jail, with fixed flags.
///
/// Two steps instead of `swiftc`, whose driver alone takes as long as both: the frontend, then the linker.
struct Compiler: Sendable {
    let jail: Jail
    let toolchain: Toolchain
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
        let script = """
            set -e; folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
            frontend=$1; autolink=$2; linker=$3; runtime=$4; library=$5; objects=$6; shift 6
            "$frontend" -frontend -c "$@" -o "$folder/unit.o"
            "$autolink" "$folder/unit.o" $objects -o "$folder/links"
            "$linker" -shared --hash-style=gnu --eh-frame-hdr --build-id -z relro -z now --no-undefined -L "$runtime" \\
                -L /lib -L /usr/lib -L "/usr/lib/$(uname -m)-linux-gnu" -L /usr/lib64 \\
                "$runtime/$(uname -m)/swiftrt.o" "$folder/unit.o" $objects "@$folder/links" -lswiftCore -lc "$library" \\
                -o "$folder/unit.so"
            cat "$folder/unit.so"
            """
        let tools = [toolchain.frontend, toolchain.autolink, toolchain.linker, toolchain.runtime, toolchain.library]
        let result = try await run(
            script, tools + [modules.map(\.object).joined(separator: " ")]
                + flags(unit.moduleName, modules, isOptimised: isOptimised) + unit.sources.map { "./" + $0 },
            readable: modules.map(\.folder))
        return outcome(result, unit.path)
    }

    /// Compiles a module to the description that importers read and the object that they link: `size of the first\n`, both.
    func compile(_ module: BundleModule, modules: [CompiledModule]) async throws -> CompilerOutcome {
        let script = """
            set -e; folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
            frontend=$1; name=$2; shift 2
            "$frontend" -frontend -c "$@" -emit-module-path "$folder/$name.swiftmodule" -o "$folder/$name.o"
            wc -c < "$folder/$name.swiftmodule"; cat "$folder/$name.swiftmodule" "$folder/$name.o"
            """
        let result = try await run(
            script, [toolchain.frontend, module.name] + flags(module.name, modules, isOptimised: true)
                + module.sources.map { "./" + $0 },
            readable: modules.map(\.folder))
        return outcome(result, module.sources[0])
    }

    private func flags(_ name: String, _ modules: [CompiledModule], isOptimised: Bool) -> [String] {
        let fixed = [
            "-module-name", name, "-parse-as-library", "-swift-version", "6", "-disable-objc-interop", "-empty-abi-descriptor",
            "-diagnostic-style", "llvm", "-no-color-diagnostics", "-solver-expression-time-threshold=20", "-target",
            Self.target, "-I", toolchain.modules, "-plugin-path", toolchain.compiler + "/lib/swift/host/plugins",
            "-in-process-plugin-server-path", toolchain.compiler + "/lib/swift/host/libSwiftInProcPluginServer.so",
        ]
        return fixed + [isOptimised ? "-O" : "-Onone"] + modules.flatMap { ["-I", $0.folder] }
    }

    private func run(_ script: String, _ arguments: [String], readable: [String]) async throws -> JailResult {
        try await jail.run(
            JailCommand(
                "/bin/sh", ["-c", script, "sh"] + arguments, environment: ["LANG": "C.UTF-8"],
                readable: toolchain.folders + [root] + readable, workingDirectory: root, limits: .compiling))
    }

    private func outcome(_ result: JailResult, _ path: String) -> CompilerOutcome {
        if result.isSuccess { return .compiled(result.standardOutput) }
        let errors = Diagnostics.errors(in: result.standardError)
        return .failed(errors.isEmpty ? [ImportError(file: path, message: Diagnostics.reason(result))] : errors)
    }

    #if arch(x86_64)
        private static let target = "x86_64-unknown-linux-gnu"
    #else
        private static let target = "aarch64-unknown-linux-gnu"
    #endif
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
