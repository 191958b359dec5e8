/// Writes the fields of a message one after the other: whole numbers as variable-length little-endian groups of seven bits
/// (signed ones zig-zag), texts and bytes behind their length.
///
/// The format has no field names: both sides are built from the same sources, and a connection begins with a version.
public struct WireWriter: Sendable {
    public private(set) var bytes: [UInt8]

    public init(reserving capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    public mutating func write(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    public mutating func write(_ value: Int64) { write(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    public mutating func write(_ value: Int) { write(Int64(value)) }

    public mutating func write(_ value: Bool) { bytes.append(value ? 1 : 0) }

    public mutating func write(_ value: UInt8) { bytes.append(value) }

    public mutating func write(_ value: Double) {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    public mutating func write(_ value: String) {
        var value = value
        value.withUTF8 {
            write(UInt64($0.count))
            bytes.append(contentsOf: $0)
        }
    }

    public mutating func write(_ value: [UInt8]) {
        write(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    public mutating func write<Message: WireMessage>(_ value: Message) { value.write(to: &self) }

    public mutating func write<Value>(_ value: Value?, _ body: (inout WireWriter, Value) -> Void) {
        write(value != nil)
        if let value { body(&self, value) }
    }

    public mutating func write<Element>(_ values: [Element], _ body: (inout WireWriter, Element) -> Void) {
        write(UInt64(values.count))
        for value in values { body(&self, value) }
    }
}

/// A value that travels between leader, worker and child.
public protocol WireMessage: Sendable {
    init(from reader: inout WireReader) throws(WireError)
    func write(to writer: inout WireWriter)
}

extension WireMessage {
    /// The message as the payload of one frame.
    public var frame: [UInt8] {
        var writer = WireWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Reads one whole frame.
    ///
    /// - Throws: ``WireError`` when the frame is cut short, has bytes left over or a tag that this version does not know.
    public init(frame: some Sequence<UInt8>) throws(WireError) {
        var reader = WireReader(Array(frame))
        try self.init(from: &reader)
        guard reader.isAtEnd else { throw WireError(reason: "\(Self.self) has bytes left over") }
    }
}

/// A frame that is not a message of this protocol version.
public struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
    public let reason: String

    public init(reason: String) { self.reason = reason }

    public var description: String { "not a message of protocol version \(protocolVersion): \(reason)" }
}

/// Raised whenever a message changes its form; leader and worker refuse to talk across versions.
public let protocolVersion: UInt64 = 4
