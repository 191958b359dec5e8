internal import Glibc

/// A file that is not a compiled DAG file: one sentence.
struct LoadError: Error, CustomStringConvertible {
    let description: String
}

enum LoadedDAG {
    /// Opens a compiled DAG file and evaluates its DAG.
    ///
    /// - Throws: ``LoadError`` when the file cannot be opened or has no DAG.
    static func load(_ path: String) throws(LoadError) -> DAGDefinition {
        // Without a slash dlopen would search the library path.
        guard let library = dlopen(path.contains("/") ? path : "./" + path, RTLD_NOW | RTLD_LOCAL) else {
            throw LoadError(description: "\(path) cannot be loaded: \(dlerror().map { String(cString: $0) } ?? "")")
        }
        guard let symbol = dlsym(library, "main") else {
            throw LoadError(description: "\(path) has no main: mark the DAG with @main")
        }
        typealias Main = @convention(c) (CInt, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt
        let main = unsafeBitCast(symbol, to: Main.self)
        guard let definition = DAGEntry.definition(from: { _ = main(0, nil) }) else {
            throw LoadError(description: "\(path) has an @main type that is not a DAG")
        }
        return definition
    }
}
