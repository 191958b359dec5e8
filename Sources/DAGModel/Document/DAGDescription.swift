/// What the runner prints when it describes a compiled DAG file.
public struct DAGDescription: Sendable, Hashable, Codable {
    public var document: DAGDocument
    /// What is wrong with the definition; a DAG with problems is an import error.
    public var problems: [DAGProblem]
    /// Equal for equal documents: a worker compares it with what the file describes when it loads it. 16 hexadecimal digits.
    public var fingerprint: String

    public init(document: DAGDocument, problems: [DAGProblem], fingerprint: String) {
        self.document = document
        self.problems = problems
        self.fingerprint = fingerprint
    }
}

/// The FNV-1a hash of some bytes with 64 bits, as 16 hexadecimal digits. It tells accidental differences, not forged ones.
///
/// Source: Fowler, Noll, Vo, Eastlake, "The FNV Non-Cryptographic Hash Algorithm", section 5.
public func fingerprint(of bytes: some Sequence<UInt8>) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
