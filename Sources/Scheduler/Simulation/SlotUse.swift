/// How the slots of a pool or of workers are used over time.
struct SlotUse {
    private(set) var report: SimulationReport.Pool
    private var now = 0
    private var since: Int64 = 0

    init(_ name: String, slots: Int) { report = SimulationReport.Pool(name: name, slots: slots) }

    /// Takes slots, or gives them back when `count` is negative.
    mutating func take(_ count: Int, at time: Int64) {
        settle(time)
        now += count
        report.mostUsed = max(report.mostUsed, now)
    }

    /// Counts what was used up to `time`.
    mutating func settle(_ time: Int64) {
        let seconds = Double(time - since) / 1_000_000
        report.used += Double(now) * seconds
        if report.slots >= 0, now >= report.slots { report.full += seconds }
        since = time
    }
}
