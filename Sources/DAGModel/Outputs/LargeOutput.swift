/// An output that is too long for its row, cut into parts of one length. The process of the task sends them one by one, and its success says only
/// what they are.
public struct LargeOutput: Sendable, Hashable {
    /// Of the JSON text, in bytes.
    public var size: Int
    /// Of the JSON text, in hexadecimal digits.
    public var sha256: String
    /// The number of elements; nil for something else than a list.
    public var listLength: Int?

    public init(size: Int, sha256: String, listLength: Int?) {
        self.size = size
        self.sha256 = sha256
        self.listLength = listLength
    }

    /// The length of every part but the last, in bytes.
    public static let partSize = 65_536
    /// Outputs up to this size, in bytes, stand in their row.
    public static let threshold = 65_536
    /// The largest limit that an installation may set, in bytes: what can be given to a task at once.
    public static let greatestLimit = 60 << 20
    /// How many bytes an output may have where nothing else is set.
    public static let usualLimit = 16 << 20

    public var partCount: Int { (size + Self.partSize - 1) / Self.partSize }

    /// One part.
    public struct Part: Sendable, Hashable {
        /// From 0.
        public var number: Int
        /// Of a list: the first element that begins in this part, and the place in the part where it does. Nil when none begins here.
        public var firstElement: Int?
        public var firstOffset: Int?
        public var content: [UInt8]

        public init(number: Int, firstElement: Int?, firstOffset: Int?, content: [UInt8]) {
            self.number = number
            self.firstElement = firstElement
            self.firstOffset = firstOffset
            self.content = content
        }
    }

    /// Cuts a JSON text.
    public static func cut(_ json: [UInt8]) -> (output: LargeOutput, parts: [Part]) {
        var firsts: [Int: (element: Int, offset: Int)] = [:]
        var count = 0
        var elements = JSONElements()
        elements.read(json) { range in
            let part = range.lowerBound / partSize
            if firsts[part] == nil { firsts[part] = (count, range.lowerBound % partSize) }
            count += 1
        }
        let isList = elements.isComplete
        let parts = stride(from: 0, to: json.count, by: partSize).enumerated().map { number, start in
            let first = isList ? firsts[number] : nil
            return Part(
                number: number, firstElement: first?.element, firstOffset: first?.offset,
                content: Array(json[start..<min(start + partSize, json.count)]))
        }
        let output = LargeOutput(size: json.count, sha256: sha256Text(of: json), listLength: isList ? count : nil)
        return (output, parts)
    }

    /// The elements from `index` on that stand whole in parts that follow each other, as JSON texts. The first part has to be the last one that has an
    /// element up to `index`.
    ///
    /// - Parameter limit: No more than these; nil for all.
    public static func elements(from index: Int, in parts: [Part], limit: Int? = nil) -> [[UInt8]] {
        guard let first = parts.first, let element = first.firstElement, let offset = first.firstOffset else {
            return []
        }
        var text = Array(first.content.dropFirst(offset))
        for part in parts.dropFirst() { text += part.content }
        var elements = JSONElements(isInside: true)
        var (found, number) = ([[UInt8]](), element)
        elements.read(text) { range in
            if number >= index, found.count < limit ?? .max { found.append(Array(text[range])) }
            number += 1
        }
        return found
    }

    /// What refuses to give an output at once.
    public static func refusalToGive(_ task: String, size: Int) -> String {
        "the output of task \(task) has \(size) bytes; at most \(greatestLimit) are given at once: pass it with .lazy, and read its elements"
    }

    /// What refuses an output that is larger than the installation allows.
    public static func refusal(size: Int, limit: Int) -> String {
        "the output has \(size) bytes; at most \(limit) are stored (--max-output): write it to S3 and return its address"
    }
}
