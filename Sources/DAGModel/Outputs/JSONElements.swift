/// Finds the elements of a JSON list without reading what is in them. Takes the text in pieces.
public struct JSONElements: Sendable {
    private enum Place { case before, inside, after }

    private var place: Place
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// Where the element begins that has not ended yet; nil while only white space has come.
    private var start: Int?
    private var end = 0
    private var position = 0
    /// The text is something else than one list.
    public private(set) var isNoList = false

    /// - Parameter isInside: The text begins with an element, not with the bracket of the list. Defaults to no.
    public init(isInside: Bool = false) {
        place = isInside ? .inside : .before
        depth = isInside ? 1 : 0
    }

    /// The whole list has come.
    public var isComplete: Bool { place == .after && !isNoList }

    /// Takes the next bytes.
    ///
    /// - Parameter ended: Called with the range of each element that ends in them, counted from the first byte of all.
    public mutating func read(_ bytes: [UInt8], ended: (Range<Int>) -> Void) {
        // A pointer, because megabytes go through this in debug builds too.
        bytes.withUnsafeBufferPointer { bytes in
            var index = 0
            while index < bytes.count, !isNoList {
                let byte = bytes[index]
                switch place {
                case .inside:
                    if isInString, !isEscaped, byte != UInt8(ascii: "\\"), byte != UInt8(ascii: "\"") {
                        // The inside of a text is passed over quickly: it is most of what there is.
                        index = skipText(bytes, from: index)
                        continue
                    }
                    inside(byte, ended)
                case .before where byte == UInt8(ascii: "["): (place, depth) = (.inside, 1)
                case .before, .after: if byte > 0x20 { isNoList = true }
                }
                index &+= 1
                position &+= 1
            }
        }
    }

    private mutating func skipText(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: "\\"), bytes[index] != UInt8(ascii: "\"") {
            index &+= 1
        }
        position &+= index &- start
        end = position
        return index
    }

    private mutating func inside(_ byte: UInt8, _ ended: (Range<Int>) -> Void) {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return end = position + 1
        }
        switch byte {
        case UInt8(ascii: ",") where depth == 1: finish(ended)
        case UInt8(ascii: "]") where depth == 1:
            if start != nil { finish(ended) }
            place = .after
        case 0...0x20: return
        default:
            if start == nil { start = position }
            end = position + 1
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
    }

    private mutating func finish(_ ended: (Range<Int>) -> Void) {
        guard let start else { return isNoList = true }
        ended(start..<end)
        self.start = nil
    }

    /// The elements of a list; nil for anything else.
    public static func ranges(in json: [UInt8]) -> [Range<Int>]? {
        var elements = JSONElements()
        var ranges: [Range<Int>] = []
        elements.read(json) { ranges.append($0) }
        return elements.isComplete ? ranges : nil
    }
}
