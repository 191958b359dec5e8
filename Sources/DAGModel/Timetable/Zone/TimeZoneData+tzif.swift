extension TimeZoneData {
    /// Reads a compiled time zone file.
    ///
    /// Source: RFC 8536, "The Time Zone Information Format (TZif)". Versions 1 to 4 are read; files with leap seconds
    /// are refused.
    package init(name: String, tzif bytes: [UInt8]) throws(TimeZoneError) {
        var reader = TZifReader(bytes: bytes)
        guard var header = reader.header() else { throw TimeZoneError(name, "it does not begin with a TZif header") }
        let isModern = header.version >= UInt8(ascii: "2")
        if isModern {
            reader.position += header.blockSize(timeSize: 4)
            guard let second = reader.header() else { throw TimeZoneError(name, "its second header is missing") }
            header = second
        }
        guard header.leapSeconds == 0 else {
            throw TimeZoneError(name, "it counts leap seconds; use the zone without them")
        }
        guard let block = reader.block(header, timeSize: isModern ? 8 : 4) else {
            throw TimeZoneError(name, "its data is cut off or names offsets that it does not have")
        }
        let footer = isModern ? reader.footer() : ""
        guard let footer else { throw TimeZoneError(name, "its footer is missing") }
        let rule = footer.isEmpty ? nil : TimeZoneRule(footer[...])
        guard footer.isEmpty || rule != nil else {
            throw TimeZoneError(name, "its footer \"\(footer)\" is no POSIX rule")
        }
        self.init(name: name, firstOffset: block.firstOffset, transitions: block.transitions, rule: rule)
    }
}

/// Why a time zone cannot be used.
package struct TimeZoneError: Error, Hashable, CustomStringConvertible {
    package let name: String
    package let reason: String

    package init(_ name: String, _ reason: String) {
        self.name = name
        self.reason = reason
    }

    package var description: String { "the time zone \"\(name)\" cannot be used: \(reason)" }
}

private struct TZifHeader {
    var version: UInt8
    var utcIndicators: Int
    var standardIndicators: Int
    var leapSeconds: Int
    var transitions: Int
    var types: Int
    var characters: Int

    func blockSize(timeSize: Int) -> Int {
        transitions * (timeSize + 1) + types * 6 + characters + leapSeconds * (timeSize + 4) + standardIndicators
            + utcIndicators
    }
}

private struct TZifReader {
    let bytes: [UInt8]
    var position = 0

    /// A big-endian signed integer of `size` bytes; nil at the end of the file.
    private mutating func integer(_ size: Int) -> Int64? {
        guard position >= 0, position + size <= bytes.count else { return nil }
        let unsigned = bytes[position..<position + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        position += size
        let unused = UInt64(64 - size * 8)
        return Int64(bitPattern: unsigned << unused) >> Int64(unused)
    }

    mutating func header() -> TZifHeader? {
        guard position >= 0, position + 44 <= bytes.count,
            bytes[position..<position + 4].elementsEqual("TZif".utf8)
        else { return nil }
        let version = bytes[position + 4]
        position += 20
        let counts = (0..<6).compactMap { _ in integer(4).map(Int.init) }
        guard counts.count == 6, counts.allSatisfy({ (0...100_000).contains($0) }), counts[4] > 0 else { return nil }
        return TZifHeader(
            version: version, utcIndicators: counts[0], standardIndicators: counts[1], leapSeconds: counts[2],
            transitions: counts[3], types: counts[4], characters: counts[5])
    }

    mutating func block(
        _ header: TZifHeader, timeSize: Int
    ) -> (firstOffset: Int64, transitions: [TimeZoneData.Transition])? {
        let end = position + header.blockSize(timeSize: timeSize)
        guard end <= bytes.count else { return nil }
        let times = (0..<header.transitions).compactMap { _ in integer(timeSize) }
        let kinds = (0..<header.transitions).compactMap { _ in integer(1).map(Int.init) }
        let offsets = (0..<header.types).compactMap { _ in localOffset() }
        position = end
        guard times.count == kinds.count, kinds.allSatisfy(offsets.indices.contains), let first = offsets.first,
            zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }), times.allSatisfy(Self.times.contains),
            offsets.allSatisfy(Self.offsets.contains)
        else { return nil }
        return (first, zip(times, kinds).map { TimeZoneData.Transition(time: $0, offset: offsets[$1]) })
    }

    private mutating func localOffset() -> Int64? {
        defer { position += 2 }
        return integer(4)
    }

    /// Far beyond what real files hold, and safe to calculate with.
    private static let times: ClosedRange<Int64> = -(1 << 60)...1 << 60
    private static let offsets: ClosedRange<Int64> = -93_600...93_600

    /// The POSIX rule between two line ends after the data.
    mutating func footer() -> String? {
        guard position < bytes.count, bytes[position] == 10,
            let end = bytes[(position + 1)...].firstIndex(of: 10)
        else { return nil }
        return String(decoding: bytes[position + 1..<end], as: UTF8.self)
    }
}
