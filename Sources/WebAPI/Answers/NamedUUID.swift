internal import Crypto

/// A UUID for something that has none: version 8 (RFC 9562, section 5.8), from the SHA-256 of its name.
func uuid(named name: String) -> String {
    var bytes = Array(SHA256.hash(data: Array("slipstream:\(name)".utf8)).prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x80
    bytes[8] = bytes[8] & 0x3F | 0x80
    var text = ""
    for (index, byte) in bytes.enumerated() {
        if [4, 6, 8, 10].contains(index) { text += "-" }
        if byte < 16 { text += "0" }
        text += String(byte, radix: 16)
    }
    return text
}
