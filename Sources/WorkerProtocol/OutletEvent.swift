/// What a task tells of an asset that it updates.
public struct OutletEvent: Sendable, Hashable {
    /// The asset's name and URI.
    public var name: String
    public var uri: String
    /// A JSON object.
    public var extra: [UInt8]

    public init(name: String, uri: String, extra: [UInt8]) {
        self.name = name
        self.uri = uri
        self.extra = extra
    }
}

extension OutletEvent: WireMessage {
    public init(from reader: inout WireReader) throws(WireError) {
        self.init(name: try reader.string(), uri: try reader.string(), extra: try reader.array())
    }

    public func write(to writer: inout WireWriter) {
        writer.write(name)
        writer.write(uri)
        writer.write(extra)
    }
}
