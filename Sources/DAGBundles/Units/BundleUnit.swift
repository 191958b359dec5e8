/// What is compiled together into one shared object: a DAG file, or a folder with one.
struct BundleUnit: Sendable, Hashable {
    /// The file with `@main`, relative to the bundle's root; the name of the unit everywhere.
    var path: String
    /// All its Swift files, `path` among them, sorted.
    var sources: [String]
    /// The bundle's modules it imports, directly.
    var imports: Set<String>

    /// The name of the Swift module it is compiled as: made from the path, and never one that a file could import.
    var moduleName: String {
        let stem = path.hasSuffix(".swift") ? path.dropLast(6) : path[...]
        let name = stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
        return (name.first?.isNumber == true ? "_" : "") + String(name) + "_dag"
    }
}

/// A folder of Swift files without `@main`, which DAG files import by its name.
struct BundleModule: Sendable, Hashable {
    var name: String
    var folder: String
    var sources: [String]
    var imports: Set<String>
}

/// Why a file of a bundle is not a working DAG; shown with the file's name, and the place when it is known.
package struct ImportError: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Relative to the bundle's root.
    package var file: String
    package var line: Int?
    package var column: Int?
    package var message: String

    package init(file: String, line: Int? = nil, column: Int? = nil, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    package var description: String {
        [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":") + ": " + message
    }
}
