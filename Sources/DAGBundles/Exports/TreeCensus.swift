/// Counts and checks what a bundle's tree holds while it is walked, and says which files to export.
///
/// The rules: plain files and folders with ordinary names, within the limits. A symbolic link is exported as a copy of the file it
/// leads to, when that is a plain file of the bundle and no other link lies on the way; every other link is refused.
struct TreeCensus {
    /// A file to export: `source` is where its content lies, another path than its own for a symbolic link.
    struct Item: Hashable {
        var file: BundleFile
        var source: String
    }

    private let limits: BundleLimits
    private var files: [String: BundleFile] = [:]
    private var links: [(path: String, target: String)] = []
    private var folders = 0
    private var bytes: Int64 = 0

    init(limits: BundleLimits) { self.limits = limits }

    mutating func addFolder(_ path: String, depth: Int) throws(BundleError) {
        try checkName(of: path)
        folders += 1
        guard folders <= limits.files, depth <= 64 else {
            throw BundleError(
                .refused, "the bundle has more than \(limits.files) folders, or folders nested deeper than 64")
        }
    }

    mutating func addFile(_ path: String, isExecutable: Bool, size: Int64) throws(BundleError) {
        try checkName(of: path)
        guard size <= limits.fileBytes else {
            throw BundleError(
                .refused, "\(shown(path)) has \(size) bytes, \(limits.fileBytes) are allowed in a file of a bundle")
        }
        files[path] = BundleFile(path: path, isExecutable: isExecutable, size: size)
        try count(size)
    }

    mutating func addLink(_ path: String, target: String) throws(BundleError) {
        try checkName(of: path)
        links.append((path, target))
        try count(0)
    }

    /// The files to export, sorted by path.
    func items() throws(BundleError) -> [Item] {
        var items = files.values.map { Item(file: $0, source: $0.path) }
        var total = bytes
        for link in links {
            let target = try resolve(link)
            let file = BundleFile(path: link.path, isExecutable: target.isExecutable, size: target.size)
            items.append(Item(file: file, source: target.path))
            total += target.size
        }
        try checkBytes(total)
        return items.sorted { $0.file.path < $1.file.path }
    }

    static func refusal(submodule path: String) -> BundleError {
        BundleError(.refused, "\(shown(path)) is a git submodule: bundles cannot hold any, copy its files in")
    }

    private func resolve(_ link: (path: String, target: String)) throws(BundleError) -> BundleFile {
        var place = link.path.split(separator: "/").dropLast()
        for part in link.target.split(separator: "/", omittingEmptySubsequences: false) where part != "." && part != ""
        {
            if part == ".." {
                guard place.popLast() != nil else { throw refusal(link) }
            } else {
                place.append(part)
            }
        }
        guard !link.target.hasPrefix("/"), let file = files[place.joined(separator: "/")] else { throw refusal(link) }
        return file
    }

    private func refusal(_ link: (path: String, target: String)) -> BundleError {
        BundleError(
            .refused,
            "\(shown(link.path)) is a symbolic link to \(shown(link.target)): "
                + "a bundle's links must lead directly to a plain file of the bundle")
    }

    private mutating func count(_ size: Int64) throws(BundleError) {
        guard files.count + links.count <= limits.files else {
            throw BundleError(
                .refused, "the bundle has more than \(limits.files) files: choose a sub-path or raise the limit")
        }
        bytes += size
        try checkBytes(bytes)
    }

    private func checkBytes(_ total: Int64) throws(BundleError) {
        guard total <= limits.bytes else {
            throw BundleError(
                .refused, "the bundle has more than \(limits.bytes) bytes: choose a sub-path or raise the limit")
        }
    }

    private func checkName(of path: String) throws(BundleError) {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        let isGit = name.lowercased() == ".git" || name.lowercased() == "git~1"
        let isHidden = name.unicodeScalars.contains { scalar in
            scalar.properties.generalCategory == .control || scalar.value == 0xFFFD || isDirectional(scalar)
        }
        guard !name.isEmpty, name != ".", name != "..", !isGit, !isHidden, name.utf8.count <= 255,
            path.utf8.count <= 2048
        else {
            throw BundleError(
                .refused,
                "\(shown(path)) has a name that a bundle may not hold: "
                    + "no '..', no '.git', no control or direction characters, valid UTF-8, at most 255 bytes")
        }
    }
}

/// Characters that change the direction of text, with which a name can look like another.
private func isDirectional(_ scalar: Unicode.Scalar) -> Bool {
    (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
}

/// A name from outside, safe to print: quoted, control characters escaped, at most 200 characters.
func shown(_ text: some StringProtocol) -> String {
    let visible = text.unicodeScalars.prefix(200).map { scalar in
        scalar.properties.generalCategory == .control || isDirectional(scalar)
            ? "\\u{" + String(scalar.value, radix: 16) + "}" : String(scalar)
    }
    return "\"" + visible.joined() + "\""
}
