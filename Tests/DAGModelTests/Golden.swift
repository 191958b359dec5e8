import DAGModel
import Foundation

/// Answers of the real Airflow, from `Tests/Golden` or the folder named by `SLIPSTREAM_GOLDEN`.
enum Golden {
    private struct Contents<Case: Decodable>: Decodable { var cases: [Case] }

    static let own = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Golden")

    static let folder = ProcessInfo.processInfo.environment["SLIPSTREAM_GOLDEN"].map { URL(filePath: $0) } ?? own

    static func cases<Case: Decodable>(
        _ file: String, of: Case.Type = Case.self, in folder: URL = folder
    ) throws -> [Case] {
        let data = try Data(contentsOf: folder.appending(path: file))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Contents<Case>.self, from: data).cases
    }
}

/// The system's time zone files.
enum Zones {
    static let folder = URL(filePath: "/usr/share/zoneinfo")

    /// The names of all zones, without the copies with and without leap seconds.
    static func all() throws -> [String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return names.sorted().filter { !$0.hasPrefix("right/") && !$0.hasPrefix("posix/") && isZone($0) }
    }

    private static func isZone(_ name: String) -> Bool {
        FileManager.default.contents(atPath: "\(folder.path)/\(name)")?.starts(with: "TZif".utf8) ?? false
    }

    static func load(_ name: String) throws -> TimeZoneData {
        try TimeZoneData(name: name, tzif: [UInt8](Data(contentsOf: folder.appending(path: name))))
    }
}
