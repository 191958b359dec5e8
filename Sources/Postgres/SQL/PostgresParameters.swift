/// The bound values of a statement in PostgreSQL's binary form, all in one buffer.
package struct PostgresParameters: Sendable {
    private(set) var types: [UInt32] = []
    private(set) var values: [Range<Int>?] = []
    private(set) var buffer = PostgresBuffer()

    var count: Int { types.count }

    mutating func append<Value: PostgresBindable>(_ value: Value) {
        types.append(Value.boundType)
        let start = buffer.bytes.count
        values.append(value.encode(into: &buffer) ? start..<buffer.bytes.count : nil)
    }

    mutating func append(_ others: PostgresParameters) {
        let offset = buffer.bytes.count
        types += others.types
        values += others.values.map { range in range.map { $0.lowerBound + offset..<$0.upperBound + offset } }
        buffer.bytes += others.buffer.bytes
    }

    /// Lends the values as libpq wants them: pointers (nil for NULL), lengths and formats (all binary).
    func withPointers<Result>(
        _ body: (_ values: [UnsafePointer<CChar>?], _ lengths: [CInt], _ formats: [CInt]) -> Result
    ) -> Result {
        // An empty value must differ from NULL, so the buffer needs an address even when it is empty.
        (buffer.bytes + CollectionOfOne(0)).withUnsafeBytes { bytes in
            let pointers = values.map { range in
                range.flatMap { bytes.baseAddress?.advanced(by: $0.lowerBound).assumingMemoryBound(to: CChar.self) }
            }
            let lengths = values.map { CInt($0?.count ?? 0) }
            return body(pointers, lengths, [CInt](repeating: 1, count: values.count))
        }
    }
}

/// Bytes on their way to the server, in network byte order.
package struct PostgresBuffer: Sendable {
    package var bytes: [UInt8] = []

    package mutating func append<Integer: FixedWidthInteger>(_ value: Integer) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func append(contentsOf more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// Writes a length in front of what the closure appends, or -1 when it says that there is nothing (NULL).
    mutating func appendSized(_ write: (inout PostgresBuffer) -> Bool) {
        let position = bytes.count
        append(Int32(0))
        let length = write(&self) ? Int32(bytes.count - position - 4) : -1
        withUnsafeBytes(of: length.bigEndian) { bytes.replaceSubrange(position..<position + 4, with: $0) }
    }
}
