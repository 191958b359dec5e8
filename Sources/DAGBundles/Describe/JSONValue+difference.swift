internal import DAGModel

extension JSONValue {
    /// The first place where two values differ, with both contents: `tasks[1].id: "a" and "b"`; nil for equal values.
    func firstDifference(from other: JSONValue, at path: String = "") -> String? {
        switch (self, other) {
        case (.object(let mine), .object(let theirs)):
            for key in Set(mine.keys).union(theirs.keys).sorted() {
                let inner = path.isEmpty ? key : path + "." + key
                switch (mine[key], theirs[key]) {
                case (let mine?, let theirs?):
                    if let difference = mine.firstDifference(from: theirs, at: inner) { return difference }
                default: return "\(inner), which is there only once"
                }
            }
            return nil
        case (.array(let mine), .array(let theirs)):
            for (index, pair) in zip(mine, theirs).enumerated() {
                if let difference = pair.0.firstDifference(from: pair.1, at: "\(path)[\(index)]") { return difference }
            }
            return mine.count == theirs.count ? nil : "\(path): \(mine.count) and \(theirs.count) entries"
        default:
            return self == other ? nil : "\(path): \(compactJSON.prefix(80)) and \(other.compactJSON.prefix(80))"
        }
    }
}
