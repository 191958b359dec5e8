package import DAGModel
internal import FoundationEssentials

/// The time zones that the system knows, read from its compiled zone files.
package struct ZoneFiles: Sendable {
    package let folder: String

    /// Defaults to `/usr/share/zoneinfo`.
    package init(folder: String = "/usr/share/zoneinfo") { self.folder = folder }

    /// The rules of an IANA time zone such as `Europe/Berlin`.
    ///
    /// Throws `TimeZoneError` for a name that is none (it never leaves `folder`), a zone that the system does not know,
    /// and a damaged file.
    package func zone(_ name: String) throws -> TimeZoneData {
        guard Self.isValid(name) else {
            throw TimeZoneError(name, "names are words of letters, digits, _, + and -, parted by /: Europe/Berlin")
        }
        if name == "UTC" { return .utc }
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)"), data.count <= Self.largestFile
        else {
            throw TimeZoneError(name, "\(folder) has no such zone; is the package tzdata installed?")
        }
        return try TimeZoneData(name: name, tzif: [UInt8](data))
    }

    private static let largestFile = 1 << 20

    private static func isValid(_ name: String) -> Bool {
        let words = name.split(separator: "/", omittingEmptySubsequences: false)
        return name.utf8.count <= 100
            && words.allSatisfy { word in
                word.utf8.first.map { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "+") } ?? false
                    && word.utf8.allSatisfy { isWordByte($0) }
            }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
