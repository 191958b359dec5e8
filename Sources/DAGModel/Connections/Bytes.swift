/// UTF-8 text taken apart byte by byte, as URLs want it: every delimiter is ASCII, and Swift's characters would glue a
/// combining accent to one.
typealias Bytes = [UInt8]

extension Bytes {
    init(_ text: some StringProtocol) { self = Array(text.utf8) }

    /// The text, with U+FFFD for every part that is not UTF-8.
    var text: String { String(decoding: self, as: UTF8.self) }

    /// What stands before and after the first `separator`; `nil` where there is none.
    func split(atFirst separator: Unicode.Scalar) -> (before: Bytes, after: Bytes)? {
        firstIndex(of: UInt8(ascii: separator)).map { (Bytes(self[..<$0]), Bytes(self[($0 + 1)...])) }
    }

    /// What stands before and after the last `separator`; `nil` where there is none.
    func split(atLast separator: Unicode.Scalar) -> (before: Bytes, after: Bytes)? {
        lastIndex(of: UInt8(ascii: separator)).map { (Bytes(self[..<$0]), Bytes(self[($0 + 1)...])) }
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool { contains(UInt8(ascii: scalar)) }

    /// Where `needle` occurs, left to right, without overlaps.
    func occurrences(of needle: Bytes) -> [Int] {
        var found: [Int] = []
        var index = 0
        while index + needle.count <= count {
            if self[index...].starts(with: needle) {
                found.append(index)
                index += needle.count
            } else {
                index += 1
            }
        }
        return found
    }

    func replacing(_ needle: Bytes, with replacement: Bytes) -> Bytes {
        var result = Bytes()
        var copied = 0
        for index in occurrences(of: needle) {
            result += self[copied..<index] + replacement
            copied = index + needle.count
        }
        return result + self[copied...]
    }
}

extension UInt8 {
    var isASCIILetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
    var isASCIIDigit: Bool { (0x30...0x39).contains(self) }

    /// The value of a hexadecimal digit.
    var hexDigitValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}
