internal import Glibc

/// The Swift compiler and the product's own libraries that DAG files are compiled against.
package struct Toolchain: Sendable, Hashable {
    /// The compiler's `usr` folder.
    package var compiler: String
    /// The folder with `DAGKit.swiftmodule` and those it needs.
    package var modules: String
    /// The file `libDAGKit.so`.
    package var library: String
    /// The program `slipstream-runner`.
    package var runner: String
    /// Changes with anything that could change what a compiled file is.
    package private(set) var identity: String

    /// - Parameter compiler: Defaults to that of the `swiftc` found in the `PATH`.
    /// - Throws: ``BundleError`` that names what is not there.
    package init(compiler: String? = nil, modules: String, library: String, runner: String) throws(BundleError) {
        guard let compiler = compiler ?? Self.compilerInPath() else {
            throw BundleError(.configuration, "there is no swiftc in the PATH: install Swift 6.3 to compile DAG files")
        }
        self.compiler = compiler
        self.modules = modules
        self.library = library
        self.runner = runner
        identity = ""
        var parts = ["format 2"]
        for file in [frontend, linker] { parts.append(try Self.stamp(file)) }
        for name in ["DAGKit", "DAGModel", "WorkerProtocol"] {
            parts.append(sha256(try Disk.read("\(modules)/\(name).swiftmodule")))
        }
        parts.append(sha256(try Disk.read(library)))
        _ = try Self.stamp(runner)
        identity = sha256(Array(parts.joined(separator: "\n").utf8))
    }

    var frontend: String { compiler + "/bin/swift-frontend" }
    var linker: String { compiler + "/bin/ld.lld" }
    var autolink: String { compiler + "/bin/swift-autolink-extract" }
    var runtime: String { compiler + "/lib/swift/linux" }

    /// What compiling and describing have to read.
    var folders: [String] { [compiler, modules, library, runner] }

    /// The frontend's flags for every DAG file and module. Headers that were precompiled with other flags are precompiled anew, each time.
    func flags(module name: String, isOptimised: Bool = true) -> [String] {
        [
            "-module-name", name, isOptimised ? "-O" : "-Onone", "-parse-as-library", "-swift-version", "6", "-target",
            Self.target, "-I", modules,
            "-disable-objc-interop", "-empty-abi-descriptor", "-diagnostic-style", "llvm", "-no-color-diagnostics",
            "-solver-expression-time-threshold=20", "-plugin-path", compiler + "/lib/swift/host/plugins",
            "-in-process-plugin-server-path", compiler + "/lib/swift/host/libSwiftInProcPluginServer.so",
        ]
    }

    #if arch(x86_64)
        private static let target = "x86_64-unknown-linux-gnu"
    #else
        private static let target = "aarch64-unknown-linux-gnu"
    #endif

    /// Hashing 150 MB of compiler at each start would take longer than starting; its size and date tell it as well.
    private static func stamp(_ file: String) throws(BundleError) -> String {
        var status = stat()
        guard stat(file, &status) == 0 else { throw Disk.failure("find", file) }
        return "\(file) \(status.st_size) \(status.st_mtim.tv_sec)"
    }

    private static func compilerInPath() -> String? {
        for folder in String(cString: getenv("PATH") ?? strdup("")).split(separator: ":") {
            guard let real = realpath("\(folder)/swiftc", nil) else { continue }
            defer { free(real) }
            return String(cString: real).split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
        }
        return nil
    }
}
