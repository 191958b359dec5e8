internal import FoundationEssentials
internal import Glibc

/// The programs of one PostgreSQL installation.
package struct PostgresBinaries: Hashable, Sendable {
    /// The folder that holds `initdb` and `postgres`.
    package let folder: String
    /// The major version, such as 15.
    package let version: Int

    /// The oldest version that we support.
    package static let oldest = 14

    var initdb: String { "\(folder)/initdb" }
    var postgres: String { "\(folder)/postgres" }

    /// All installations: in `folder` if it is given, else where packages put them and in the PATH, the newest first.
    static func installed(in folder: String?, path: String?) -> (found: [PostgresBinaries], searched: [String]) {
        let places =
            folder.map { [$0] }
            ?? versionFolders(in: "/usr/lib/postgresql", suffix: "/bin")
            + versionFolders(in: "/usr", prefix: "pgsql-", suffix: "/bin")
            + (path ?? "").split(separator: ":").map(String.init)
        let searched = folder.map { [$0] } ?? ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "the PATH"]
        var seen: Set<String> = []
        let found = places.compactMap { place -> PostgresBinaries? in
            guard let real = realPath("\(place)/initdb").map(folderName), seen.insert(real).inserted else { return nil }
            return PostgresBinaries(probing: real)
        }
        return (found.sorted { $0.version > $1.version }, searched)
    }

    /// The installation for a data folder of the given version, or for a new one.
    static func choose(
        for data: Int?, dataFolder: String, in folder: String?, path: String?
    ) throws(EmbeddedPostgresError) -> PostgresBinaries {
        let (found, searched) = installed(in: folder, path: path)
        guard let newest = found.first else { throw .notInstalled(searched: searched) }
        guard let data else {
            guard newest.version >= oldest else { throw .tooOld(newest.version, folder: newest.folder) }
            return newest
        }
        guard let match = found.first(where: { $0.version == data }) else {
            throw .wrongVersion(data: data, installed: found.map(\.version), folder: dataFolder)
        }
        return match
    }

    private init?(probing folder: String) {
        guard access("\(folder)/initdb", X_OK) == 0, access("\(folder)/postgres", X_OK) == 0 else { return nil }
        guard let version = Self.version(ofProgram: "\(folder)/postgres") else { return nil }
        self.folder = folder
        self.version = version
    }

    /// The major version in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
    static func version(inBanner banner: String) -> Int? {
        let words = banner.split { $0 == " " || $0 == "\n" }
        guard let name = words.firstIndex(of: "(PostgreSQL)"), name + 1 < words.count else { return nil }
        return Int(words[name + 1].prefix { $0.isNumber })
    }

    private static func version(ofProgram program: String) -> Int? {
        guard let output = try? ServerProcess.output(of: program, ["--version"]) else { return nil }
        return version(inBanner: output)
    }

    private static func versionFolders(in folder: String, prefix: String = "", suffix: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix(prefix) && Int($0.dropFirst(prefix.count)) != nil }
            .map { "\(folder)/\($0)\(suffix)" }
    }

    private static func folderName(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
    }
}

/// The path without symbolic links; `nil` where nothing is there.
func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
}
