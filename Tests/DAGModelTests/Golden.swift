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

    static func load(_ name: String) throws -> TimeZoneData {
        try TimeZoneData(name: name, tzif: [UInt8](Data(contentsOf: folder.appending(path: name))))
    }
}
