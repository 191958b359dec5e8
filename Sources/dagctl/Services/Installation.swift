import Foundation

/// Where the parts of this installation lie.
struct Installation: Sendable {
    /// This program's own file.
    let program: String

    static let current = Installation(
        program: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "dagctl")

    private var folder: String { (program as NSString).deletingLastPathComponent }

    /// The program that loads compiled DAG files: beside this one in a build, in `../libexec/slipstream` when installed.
    var runner: String {
        let installed = folder + "/../libexec/slipstream/slipstream-runner"
        return FileManager.default.isExecutableFile(atPath: installed) ? installed : folder + "/slipstream-runner"
    }

    /// `libDAGKit.so`, which DAG files are linked with.
    var library: String {
        let installed = folder + "/../lib/slipstream/libDAGKit.so"
        return FileManager.default.fileExists(atPath: installed) ? installed : folder + "/libDAGKit.so"
    }

    /// The compiled modules that DAG files import.
    var modules: String {
        let installed = folder + "/../lib/slipstream/modules"
        return FileManager.default.fileExists(atPath: installed) ? installed : folder + "/Modules"
    }
}
