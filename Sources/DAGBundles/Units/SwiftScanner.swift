/// What can be learnt from a Swift file without a compiler: whether it has an `@main` type, and what it imports.
///
/// Comments and string literals are skipped. The scan is one pass over the bytes.
struct SwiftScanner {
    private(set) var hasMain = false
    private(set) var imports: Set<String> = []

    private let bytes: [UInt8]
    private var position = 0
    private var wordsAfterImport: Int?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        while position < bytes.count { step() }
    }

    private mutating func step() {
        switch bytes[position] {
        case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"): skipLine()
        case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): skipComment()
        case UInt8(ascii: "\""), UInt8(ascii: "#"): skipString()
        case UInt8(ascii: "@"):
            position += 1
            if takeWord() == "main" { hasMain = true }
        case let byte where isWord(byte): note(takeWord())
        case UInt8(ascii: "\n"), UInt8(ascii: ";"):
            wordsAfterImport = nil
            position += 1
        default: position += 1
        }
    }

    private mutating func note(_ word: String) {
        let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor"]
        if wordsAfterImport == 0, !kinds.contains(word) {
            imports.insert(word)
            wordsAfterImport = nil
        } else if word == "import" {
            wordsAfterImport = 0
        }
    }

    private mutating func takeWord() -> String {
        let start = position
        while position < bytes.count, isWord(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func skipLine() {
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
    }

    /// Comments nest.
    private mutating func skipComment() {
        var depth = 0
        repeat {
            if peek(0) == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                depth += 1
                position += 2
            } else if peek(0) == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                depth -= 1
                position += 2
            } else {
                position += 1
            }
        } while depth > 0 && position < bytes.count
    }

    /// A string literal with any number of `#`, or just those.
    private mutating func skipString() {
        var hashes = 0
        while peek(0) == UInt8(ascii: "#") {
            hashes += 1
            position += 1
        }
        guard peek(0) == UInt8(ascii: "\"") else { return }
        let isLong = peek(1) == UInt8(ascii: "\"") && peek(2) == UInt8(ascii: "\"")
        position += isLong ? 3 : 1
        while position < bytes.count {
            if !isLong, bytes[position] == UInt8(ascii: "\n") { return }
            if isDelimiter(isLong ? 3 : 1, hashes) {
                position += (isLong ? 3 : 1) + hashes
                return
            }
            if bytes[position] == UInt8(ascii: "\\"), followsHashes(hashes) {
                position += 1 + hashes
                if peek(0) == UInt8(ascii: "(") { skipInterpolation() } else { position += 1 }
            } else {
                position += 1
            }
        }
    }

    private mutating func skipInterpolation() {
        var depth = 0
        repeat {
            switch bytes[position] {
            case UInt8(ascii: "("):
                depth += 1
                position += 1
            case UInt8(ascii: ")"):
                depth -= 1
                position += 1
            case UInt8(ascii: "\""), UInt8(ascii: "#"): skipString()
            case UInt8(ascii: "\n") where depth == 0: return
            default: position += 1
            }
        } while depth > 0 && position < bytes.count
    }

    private func isDelimiter(_ quotes: Int, _ hashes: Int) -> Bool {
        (0..<quotes).allSatisfy { peek($0) == UInt8(ascii: "\"") }
            && (0..<hashes).allSatisfy { peek(quotes + $0) == UInt8(ascii: "#") }
    }

    private func followsHashes(_ hashes: Int) -> Bool { (0..<hashes).allSatisfy { peek(1 + $0) == UInt8(ascii: "#") } }

    private func peek(_ offset: Int) -> UInt8 { position + offset < bytes.count ? bytes[position + offset] : 0 }

    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}
