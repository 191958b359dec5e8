import DAGModel
import Foundation
import Testing

/// Offsets are compared with `zdump` (Debian package `libc-bin`), which reads the same files with other code.
struct TimetableZoneTests {
    static let testsAll = ProcessInfo.processInfo.environment["SLIPSTREAM_TEST_ALL"] == "1"

    @Test(arguments: [
        "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Nuuk", "America/Sao_Paulo",
        "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Africa/Cairo", "Africa/Casablanca", "Asia/Gaza",
        "Antarctica/Troll", "Asia/Tokyo", "Africa/Monrovia", "UTC",
    ])
    func `offsets agree with zdump's, and clocks with offsets`(name: String) throws { try check(name) }

    @Test(.enabled(if: testsAll, "the whole world takes long; set SLIPSTREAM_TEST_ALL=1"))
    func `offsets of every zone agree with zdump's, and clocks with offsets`() throws {
        for name in try Zones.all() { try check(name) }
    }

    @Test func `a skipped time moves forward, a repeated one is the second`() throws {
        let zone = try Zones.load("Europe/Berlin")
        let skipped = WallClock(Day(2026, 3, 29), secondOfDay: 2 * 3_600 + 1_800)
        #expect(zone.instant(of: skipped) == Instant(Day(2026, 3, 29), hour: 1, minute: 30))
        let repeated = WallClock(Day(2026, 10, 25), secondOfDay: 2 * 3_600 + 1_800)
        #expect(zone.instant(of: repeated) == Instant(Day(2026, 10, 25), hour: 1, minute: 30))
    }

    @Test func `the rule of the footer holds long after the last transition`() throws {
        let zone = try Zones.load("Europe/Berlin")
        #expect(zone.utcOffset(at: Instant(Day(2400, 7, 1))) == 7_200)
        #expect(zone.utcOffset(at: Instant(Day(2400, 12, 1))) == 3_600)
    }

    @Test func `damaged files are refused, never read past their end`() throws {
        let whole = [UInt8](try Data(contentsOf: Zones.folder.appending(path: "Europe/Berlin")))
        for length in 0..<whole.count - 1 {
            #expect(throws: TimeZoneError.self) { try TimeZoneData(name: "x", tzif: Array(whole[..<length])) }
        }
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            var damaged = whole
            for _ in 0..<3 { damaged[Int.random(in: 0..<whole.count, using: &random)] = random.next() as UInt8 }
            let zone = try? TimeZoneData(name: "x", tzif: damaged)
            _ = zone?.instant(of: WallClock(seconds: Int64.random(in: 0...4_000_000_000, using: &random)))
        }
    }

    private func check(_ name: String) throws {
        let zone = try Zones.load(name)
        for change in try OffsetChange.dumped(name) {
            let label = Comment(rawValue: "\(name) at \(Instant(seconds: change.time).iso8601)")
            #expect(zone.utcOffset(at: Instant(seconds: change.time - 1)) == change.before, label)
            #expect(zone.utcOffset(at: Instant(seconds: change.time)) == change.after, label)
            checkClocks(zone, change, label)
        }
    }

    private func checkClocks(_ zone: TimeZoneData, _ change: OffsetChange, _ label: Comment) {
        for (shown, offset) in [
            (change.time + change.before - 1, change.before),
            (change.time + change.before, change.before < change.after ? change.before : change.after),
            (change.time + (change.before + change.after) / 2, min(change.before, change.after)),
            (change.time + max(change.before, change.after), change.after),
        ] where change.before < change.after || shown >= change.time + change.after {
            let expected = change.before > change.after ? change.after : offset
            #expect(zone.instant(of: WallClock(seconds: shown)) == Instant(seconds: shown - expected), label)
        }
    }
}

/// One moment at which the clocks of a zone change.
struct OffsetChange {
    var time: Int64
    var before: Int64
    var after: Int64

    /// The changes from 1970 to 2049.
    static func dumped(_ name: String) throws -> [OffsetChange] {
        let lines = try run("/usr/bin/zdump", ["-V", "-c", "1970,2050", name]).split(separator: "\n")
        let moments = try lines.map { try moment($0) }
        let pairs = stride(from: 0, to: moments.count - 1, by: 2).map { (moments[$0], moments[$0 + 1]) }
        return pairs.map { OffsetChange(time: $1.time, before: $0.offset, after: $1.offset) }
            .filter { $0.before != $0.after && $0.time > 0 }
    }

    /// `Europe/Berlin  Sun Mar 29 00:59:59 2026 UT = Sun Mar 29 01:59:59 2026 CET isdst=0 gmtoff=3600`
    private static func moment(_ line: Substring) throws -> (time: Int64, offset: Int64) {
        let words = line.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = try #require(months.firstIndex(of: String(words[2])))
        let clock = words[4].split(separator: ":").compactMap { Int($0) }
        let day = Day(try #require(Int(words[5])), month + 1, try #require(Int(words[3])))
        let time = Instant(day, hour: clock[0], minute: clock[1], second: clock[2])
        let offset = try #require(words.last?.split(separator: "=").last.flatMap { Int64($0) })
        return (time.microseconds / 1_000_000, offset)
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
