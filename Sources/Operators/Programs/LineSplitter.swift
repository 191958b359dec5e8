/// Cuts a stream of bytes into lines. Of a line longer than the limit only the first bytes are kept.
struct LineSplitter: Sendable {
    /// Of a kept line, in bytes.
    let limit: Int
    private var current: [UInt8] = []

    init(limit: Int = 64 << 10) { self.limit = limit }

    /// Takes the next bytes; calls `line` for each line that they complete, without its end.
    mutating func take(_ bytes: [UInt8], _ line: ([UInt8]) -> Void) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            keep(rest[..<end])
            line(current)
            current.removeAll(keepingCapacity: true)
            rest = rest[(end + 1)...]
        }
        keep(rest)
    }

    /// Calls `line` for a last line that has no end.
    mutating func finish(_ line: ([UInt8]) -> Void) {
        if !current.isEmpty { line(current) }
        current = []
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        current += bytes.prefix(max(0, limit - current.count))
    }
}
