import Foundation

/// What the bodies of one run have written: when each began and ended, in seconds of CLOCK_MONOTONIC.
struct Stamps {
    private var times: [Int: (begin: Double, end: Double)] = [:]

    init(file: String) throws {
        for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            guard numbers.count == 3, times[numbers[0]] == nil else {
                throw BenchError("\(file): the line \"\(line)\" does not come from a task that ran once")
            }
            times[numbers[0]] = (Double(numbers[1]) * 1e-9, Double(numbers[2]) * 1e-9)
        }
    }

    var count: Int { times.count }

    /// The time from the last statement of each body of a chain to the first of the next.
    var gaps: [Double] {
        times.compactMap { index, time in times[index + 1].map { $0.begin - time.end } }
    }
}
