public import DAGModel

extension LargeOutput: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        self.init(
            size: try reader.int(), sha256: try reader.string(),
            listLength: try reader.optional { reader throws(WireError) in try reader.int() })
    }

    public func write(to writer: inout WireWriter) {
        writer.write(size)
        writer.write(sha256)
        writer.write(listLength) { $0.write($1) }
    }
}

extension LargeOutput.Part: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        self.init(
            number: try reader.int(),
            firstElement: try reader.optional { reader throws(WireError) in try reader.int() },
            firstOffset: try reader.optional { reader throws(WireError) in try reader.int() },
            content: try reader.array())
    }

    public func write(to writer: inout WireWriter) {
        writer.write(number)
        writer.write(firstElement) { $0.write($1) }
        writer.write(firstOffset) { $0.write($1) }
        writer.write(content)
    }
}
