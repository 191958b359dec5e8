/// Does nothing: a place where edges meet. The scheduler marks it successful itself, no worker is asked.
public struct Empty: BuiltInOperator {
    public typealias Value = Void
    public static let operatorType = "empty"

    public init() {}
}
