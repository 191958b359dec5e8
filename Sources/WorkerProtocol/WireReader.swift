/// Reads the fields of a message in the order in which ``WireWriter`` wrote them.
public struct WireReader: Sendable {
    private let bytes: [UInt8]
    private var position = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var isAtEnd: Bool { position == bytes.count }

    public mutating func byte() throws(WireError) -> UInt8 {
        guard position < bytes.count else { throw WireError(reason: "it is cut short") }
        position += 1
        return bytes[position - 1]
    }

    public mutating func unsigned() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next & 0x80 == 0 { return value }
        }
        throw WireError(reason: "a number is longer than 64 bits")
    }

    public mutating func int64() throws(WireError) -> Int64 {
        let raw = try unsigned()
        return Int64(bitPattern: (raw >> 1) ^ (0 &- (raw & 1)))
    }

    public mutating func int() throws(WireError) -> Int { Int(try int64()) }

    public mutating func bool() throws(WireError) -> Bool { try byte() != 0 }

    public mutating func double() throws(WireError) -> Double {
        var pattern: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { pattern |= UInt64(try byte()) << shift }
        return Double(bitPattern: pattern)
    }

    public mutating func string() throws(WireError) -> String {
        String(decoding: try slice(), as: UTF8.self)
    }

    public mutating func array() throws(WireError) -> [UInt8] { Array(try slice()) }

    private mutating func slice() throws(WireError) -> ArraySlice<UInt8> {
        let count = try unsigned()
        guard count <= UInt64(bytes.count - position) else { throw WireError(reason: "it is cut short") }
        defer { position += Int(count) }
        return bytes[position..<position + Int(count)]
    }

    public mutating func message<Message: WireMessage>(_ type: Message.Type = Message.self) throws(WireError) -> Message
    {
        try Message(from: &self)
    }

    public mutating func optional<Value>(
        _ body: (inout WireReader) throws(WireError) -> Value
    ) throws(WireError) -> Value? {
        try bool() ? try body(&self) : nil
    }

    public mutating func list<Element>(
        _ body: (inout WireReader) throws(WireError) -> Element
    ) throws(WireError) -> [Element] {
        let count = try unsigned()
        guard count <= UInt64(bytes.count - position) else { throw WireError(reason: "it is cut short") }
        var elements: [Element] = []
        elements.reserveCapacity(Int(count))
        for _ in 0..<count { elements.append(try body(&self)) }
        return elements
    }
}
