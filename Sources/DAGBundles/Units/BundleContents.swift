/// The parts of a bundle: units, modules, helper files, and what is wrong with how they lie.
///
/// - A Swift file with an `@main` type is a unit. In a folder below the root that holds exactly one, all Swift files of the folder
///   belong to it.
/// - A folder of Swift files without `@main` is a module.
/// - Everything else is a helper file. `Package.swift`, `Tests` and hidden files and folders are ignored.
struct BundleContents: Sendable {
    private(set) var units: [BundleUnit] = []
    private(set) var modules: [String: BundleModule] = [:]
    private(set) var helpers: [BundleFile] = []
    private(set) var errors: [ImportError] = []

    /// Names of modules that a folder cannot have.
    private static let reserved: Set = [
        "Swift", "DAGKit", "DAGModel", "WorkerProtocol", "DAGClients", "Foundation", "FoundationEssentials", "Glibc",
        "Builtin",
    ]

    /// - Parameter scan: reads and scans one Swift file.
    init(_ files: [BundleFile], scan: (String) throws(BundleError) -> SwiftScanner) throws(BundleError) {
        var folders: [String: [(path: String, scan: SwiftScanner)]] = [:]
        for file in files where !Self.isIgnored(file.path) {
            if file.path.hasSuffix(".swift") {
                folders[folder(of: file.path), default: []].append((file.path, try scan(file.path)))
            } else {
                helpers.append(file)
            }
        }
        for (folder, files) in folders.sorted(by: { $0.key < $1.key }) { add(folder, files) }
        let known = Set(modules.keys)
        for index in units.indices { units[index].imports.formIntersection(known) }
        for name in known { modules[name]?.imports.formIntersection(known) }
    }

    /// The modules that a unit needs, each after those it imports itself; nil when they import each other in a circle.
    func modules(neededBy imports: Set<String>) -> [BundleModule]? {
        var ordered: [BundleModule] = []
        var open: Set<String> = [], done: Set<String> = []
        func visit(_ name: String) -> Bool {
            guard let module = modules[name], !done.contains(name) else { return true }
            guard open.insert(name).inserted else { return false }
            for dependency in module.imports.sorted() where !visit(dependency) { return false }
            done.insert(name)
            ordered.append(module)
            return true
        }
        for name in imports.sorted() where !visit(name) { return nil }
        return ordered
    }

    private mutating func add(_ folder: String, _ files: [(path: String, scan: SwiftScanner)]) {
        let mains = files.filter(\.scan.hasMain)
        if mains.isEmpty, !folder.isEmpty { return addModule(folder, files) }
        if mains.count == 1, !folder.isEmpty {
            units.append(unit(mains[0].path, files))
            return
        }
        for file in files {
            if file.scan.hasMain {
                units.append(unit(file.path, [file]))
            } else {
                let place = folder.isEmpty ? "the bundle's root" : "a folder with several DAG files"
                errors.append(
                    ImportError(
                        file: file.path,
                        message:
                            "has no @main type and lies in \(place): move it into a folder of its own and import that"))
            }
        }
    }

    private mutating func addModule(_ folder: String, _ files: [(path: String, scan: SwiftScanner)]) {
        let name = String(folder.split(separator: "/").last ?? "")
        let isIdentifier = name.utf8.enumerated().allSatisfy { index, byte in
            let character = Character(UnicodeScalar(byte))
            return character == "_" || character.isASCII && (character.isLetter || index > 0 && character.isNumber)
        }
        func refuse(_ reason: String) {
            errors.append(ImportError(file: files[0].path, message: "its folder cannot be a module: \(reason)"))
        }
        if !isIdentifier || Self.reserved.contains(name) {
            refuse("\(shown(name)) is \(isIdentifier ? "taken" : "no Swift name"); rename the folder")
        } else if let other = modules[name] {
            refuse("\(other.folder) has the same name; rename one")
        } else {
            modules[name] = BundleModule(
                name: name, folder: folder, sources: files.map(\.path).sorted(), imports: imports(of: files))
        }
    }

    private func unit(_ path: String, _ files: [(path: String, scan: SwiftScanner)]) -> BundleUnit {
        BundleUnit(path: path, sources: files.map(\.path).sorted(), imports: imports(of: files))
    }

    private func imports(of files: [(path: String, scan: SwiftScanner)]) -> Set<String> {
        files.reduce(into: []) { $0.formUnion($1.scan.imports) }
    }

    private func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }

    private static func isIgnored(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        return parts.last == "Package.swift" || parts.contains { $0.hasPrefix(".") }
            || parts.dropLast().contains("Tests")
    }
}
