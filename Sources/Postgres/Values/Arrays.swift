// An array of arrays of bytes is an array of bytea; any other array of arrays does not compile.

extension Array: PostgresBindable where Element: PostgresArrayElement {
    package static var boundType: UInt32 { Element.arrayType }

    package func encode(into buffer: inout PostgresBuffer) -> Bool {
        Element.encodeArray(self, into: &buffer)
        return true
    }
}

extension Array: PostgresReadable where Element: PostgresArrayElement {
    package init(_ cell: PostgresCell) throws(PostgresCell.Mismatch) { self = try Element.decodeArray(cell) }
}

extension PostgresScalar {
    package static func encodeArray(_ elements: [Self], into buffer: inout PostgresBuffer) {
        ArrayForm.encode(elements, of: postgresType.oid, hasNull: false, into: &buffer)
    }

    package static func decodeArray(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> [Self] {
        try ArrayForm.decode(cell)
    }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresBindable & PostgresReadable {
    package static var arrayType: UInt32 { Wrapped.arrayType }

    package static func encodeArray(_ elements: [Wrapped?], into buffer: inout PostgresBuffer) {
        ArrayForm.encode(elements, of: Wrapped.boundType, hasNull: elements.contains { $0 == nil }, into: &buffer)
    }

    package static func decodeArray(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> [Wrapped?] {
        try ArrayForm.decode(cell)
    }
}

/// `[UInt8]` is one value, a `bytea`.
extension UInt8: PostgresArrayElement {
    package static var arrayType: UInt32 { PostgresType.bytea.oid }

    package static func encodeArray(_ elements: [UInt8], into buffer: inout PostgresBuffer) {
        buffer.append(contentsOf: elements)
    }

    package static func decodeArray(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> [UInt8] {
        guard let bytes = cell.bytes, cell.oid == PostgresType.bytea.oid else { throw cell.mismatch([UInt8].self) }
        return Array(bytes)
    }
}

extension Array: PostgresArrayElement where Element == UInt8 {
    package static var arrayType: UInt32 { PostgresType.bytea.arrayOID }

    package static func encodeArray(_ elements: [[UInt8]], into buffer: inout PostgresBuffer) {
        ArrayForm.encode(elements, of: PostgresType.bytea.oid, hasNull: false, into: &buffer)
    }

    package static func decodeArray(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> [[UInt8]] {
        try ArrayForm.decode(cell)
    }
}

/// The binary form of one-dimensional arrays: dimensions, a flag for NULLs, the element's type, length and lower bound,
/// then the elements, each with its length.
private enum ArrayForm {
    static func encode<Element: PostgresBindable>(
        _ elements: [Element], of type: UInt32, hasNull: Bool, into buffer: inout PostgresBuffer
    ) {
        buffer.append(Int32(elements.isEmpty ? 0 : 1))
        buffer.append(Int32(hasNull ? 1 : 0))
        buffer.append(type)
        guard !elements.isEmpty else { return }
        buffer.append(Int32(elements.count))
        buffer.append(Int32(1))
        for element in elements { buffer.appendSized { element.encode(into: &$0) } }
    }

    static func decode<Element: PostgresReadable>(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> [Element] {
        guard let bytes = cell.bytes else { throw cell.mismatch([Element].self) }
        var cursor = Cursor(bytes: bytes)
        guard let dimensions: Int32 = cursor.next(), let _: Int32 = cursor.next(), let type: UInt32 = cursor.next(),
            (0...1).contains(dimensions)
        else { throw cell.mismatch([Element].self) }
        guard dimensions == 1 else { return [] }
        guard let count: Int32 = cursor.next(), let _: Int32 = cursor.next(), count >= 0 else {
            throw cell.mismatch([Element].self)
        }
        var elements: [Element] = []
        elements.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length: Int32 = cursor.next(), let value = cursor.slice(length) else {
                throw cell.mismatch([Element].self)
            }
            elements.append(try Element(PostgresCell(bytes: value, oid: type)))
        }
        return elements
    }

    private struct Cursor {
        let bytes: UnsafeRawBufferPointer
        var position = 0

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        mutating func next<Integer: FixedWidthInteger>() -> Integer? {
            let size = MemoryLayout<Integer>.size
            guard position + size <= bytes.count else { return nil }
            defer { position += size }
            return Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Integer.self))
        }

        /// The next bytes; `.some(nil)` is a NULL, nil means that they are not there.
        mutating func slice(_ length: Int32) -> UnsafeRawBufferPointer?? {
            if length == -1 { return .some(nil) }
            guard length >= 0, position + Int(length) <= bytes.count else { return nil }
            defer { position += Int(length) }
            return UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])
        }
    }
}
