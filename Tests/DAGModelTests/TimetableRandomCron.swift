import DAGModel

/// A random cron expression, as text and, apart from it, as the sets of numbers that it means.
struct RandomCron {
    private(set) var text: String
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let months: Set<Int>
    /// Nil is a star.
    private let daysOfMonth: Set<Int>?
    private let weekdays: Set<Int>?

    init(using random: inout some RandomNumberGenerator) {
        let minute = RandomField(0...59, star: 0.1, using: &random)
        let hour = RandomField(0...23, star: 0.3, using: &random)
        var day = RandomField(1...31, star: 0.5, using: &random)
        let month = RandomField(1...12, star: 0.6, using: &random)
        let weekday = RandomField(0...6, star: 0.5, using: &random)
        if weekday.values == nil, let days = day.values, (days.min() ?? 0) > 28 {
            day = RandomField(text: "*", values: nil)
        }
        text = [minute, hour, day, month, weekday].map(\.text).joined(separator: " ")
        minutes = minute.values ?? Set(0...59)
        hours = hour.values ?? Set(0...23)
        months = month.values ?? Set(1...12)
        (daysOfMonth, weekdays) = (day.values, weekday.values)
    }

    func matches(_ time: WallClock) -> Bool {
        let (day, minute) = (time.day, time.secondOfDay / 60)
        return time.secondOfDay % 60 == 0 && minutes.contains(minute % 60) && hours.contains(minute / 60)
            && months.contains(day.month) && matches(day)
    }

    private func matches(_ day: Day) -> Bool {
        switch (daysOfMonth, weekdays) {
        case (nil, nil): true
        case (let days?, nil): days.contains(day.day)
        case (nil, let weekdays?): weekdays.contains(day.weekday)
        case (let days?, let weekdays?): days.contains(day.day) || weekdays.contains(day.weekday)
        }
    }
}

private struct RandomField {
    var text: String
    var values: Set<Int>?

    init(text: String, values: Set<Int>?) {
        self.text = text
        self.values = values
    }

    init(_ range: ClosedRange<Int>, star: Double, using random: inout some RandomNumberGenerator) {
        self.init(text: "*", values: nil)
        guard Double.random(in: 0..<1, using: &random) >= star else { return }
        let items = (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.item(range, using: &random) }
        text = items.map(\.text).joined(separator: ",")
        values = items.reduce(into: Set()) { $0.formUnion($1.values) }
    }

    private static func item(
        _ range: ClosedRange<Int>, using random: inout some RandomNumberGenerator
    ) -> (text: String, values: [Int]) {
        let low = Int.random(in: range.lowerBound..<range.upperBound, using: &random)
        let high = Int.random(in: low + 1...range.upperBound, using: &random)
        let step = Int.random(in: 1...9, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return ("\(low)", [low])
        case 1: return ("\(low)-\(high)", Array(low...high))
        case 2: return ("\(low)-\(high)/\(step)", Array(stride(from: low, through: high, by: step)))
        case 3: return ("\(low)/\(step)", Array(stride(from: low, through: range.upperBound, by: step)))
        default: return ("\(high)-\(low)", Array(high...range.upperBound) + Array(range.lowerBound...low))
        }
    }
}

/// The same numbers for the same seed.
///
/// Source: SplitMix64, Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators".
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
