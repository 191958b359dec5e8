/// The wire form of a frame: four bytes, little-endian, then the payload.
///
/// The lower 27 bits of the four bytes are the payload's length, the upper 5 bits the number of file descriptors that
/// travel with it (Unix sockets only), so a plain length prefix is a frame without descriptors.
package enum FrameHeader {
    /// The bytes before the payload.
    package static let size = 4
    /// The longest payload that the header can express, in bytes.
    package static let maximumLength = 1 << 27 - 1
    /// The most descriptors of one frame.
    package static let maximumDescriptors = 31

    static func encode(length: Int, descriptors: Int) -> UInt32 {
        (UInt32(length) | UInt32(descriptors) << 27).littleEndian
    }

    static func decode(_ word: UInt32) -> (length: Int, descriptors: Int) {
        let word = UInt32(littleEndian: word)
        return (Int(word & 0x07FF_FFFF), Int(word >> 27))
    }
}

/// A frame that arrived.
package struct Frame: Sendable {
    package var bytes: [UInt8]
    /// Descriptors that the peer sent along, close-on-exec; they are closed with the last reference.
    package var descriptors: [OwnedDescriptor] = []
}
