/// A connection or variable that author code may ask for while it runs.
public indirect enum Use: Sendable, Hashable, Codable {
    case connection(String)
    case variable(String)
    /// The same, where the code manages without it: `dagctl plan` does not report it when it is missing.
    case optional(Use)

    /// What is used, whether or not it has to exist.
    public var base: Use { if case .optional(let use) = self { use.base } else { self } }
}
