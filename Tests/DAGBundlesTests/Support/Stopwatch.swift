import Foundation

/// Measures the parts of something and prints them as a table.
struct Stopwatch {
    private let title: String
    private var lines: [(String, Duration)] = []

    init(_ title: String) { self.title = title }

    mutating func time<Value>(_ part: String, _ body: () async throws -> Value) async rethrows -> Value {
        let began = ContinuousClock.now
        let value = try await body()
        lines.append((part, ContinuousClock.now - began))
        return value
    }

    func print() {
        var text = "\(title)\n"
        for (part, duration) in lines {
            let (seconds, attoseconds) = duration.components
            let milliseconds = Double(seconds) * 1_000 + Double(attoseconds) / 1e15
            text +=
                "  " + part.padding(toLength: 44, withPad: " ", startingAt: 0)
                + String(format: "%9.1f ms\n", milliseconds)
        }
        Swift.print(text)
    }
}
