/// A connection or variable that author code may ask for while it runs.
public enum Use: Sendable, Hashable, Codable {
    case connection(String)
    case variable(String)
}
