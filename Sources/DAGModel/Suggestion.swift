/// The names that somebody who wrote `word` may have meant, the nearest first, at most three: those within a third of the word's
/// length in edits, and those that the word begins.
package func suggestions(for word: String, among names: some Sequence<String>) -> [String] {
    let typed = Array(word.lowercased().unicodeScalars)
    guard !typed.isEmpty, typed.count <= 250 else { return [] }
    let limit = max(1, typed.count / 3)
    let scored = names.compactMap { name -> (distance: Int, name: String)? in
        let lowered = Array(name.lowercased().unicodeScalars)
        if typed.count >= 3, lowered.starts(with: typed) { return (1, name) }
        guard abs(lowered.count - typed.count) <= limit else { return nil }
        let distance = editDistance(typed, lowered)
        return distance <= limit ? (distance, name) : nil
    }
    return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
}

/// `; did you mean a or b?`, or nothing.
package func suggestionText(for word: String, among names: some Sequence<String>) -> String {
    let found = suggestions(for: word, among: names)
    return found.isEmpty ? "" : "; did you mean \(found.joined(separator: " or "))?"
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
///
/// Source: optimal string alignment, Boytsov 2011, "Indexing methods for approximate dictionary searching", section 2.1.
func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var before: [Int] = []
    var last = Array(0...right.count)
    for (i, letter) in left.enumerated() {
        var row = [i + 1]
        for (j, other) in right.enumerated() {
            var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (letter == other ? 0 : 1))
            if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other { best = min(best, before[j - 1] + 1) }
            row.append(best)
        }
        (before, last) = (last, row)
    }
    return last[right.count]
}
