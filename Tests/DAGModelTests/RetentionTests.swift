@testable import DAGModel
import Foundation
import Testing

/// How long what is kept, and which runs may go.
struct RetentionTests {
    private static let day: Int64 = 86_400

    // MARK: Settings

    @Test(arguments: [
        ("1h", "1h"), ("36h", "36h"), ("48h", "2d"), ("90d", "90d"), ("12w", "84d"), ("never", "never"),
        ("off", "never"),
    ])
    func `an age is read and told in its largest whole unit`(text: String, told: String) {
        #expect(RetentionAge(text)?.description == told)
    }

    @Test(arguments: [
        "", "0h", "-3d", "+3d", "90", "d", "3 d", "1.5d", "90m", "5001w", "99999999999999999999d", "Never",
    ])
    func `anything else is no age`(text: String) { #expect(RetentionAge(text) == nil) }

    @Test func `every setting that is wrong is told, with its rule`() {
        let (policy, problems) = RetentionPolicy.read([
            "SLIPSTREAM_RETENTION_RUNS": "3 months", "SLIPSTREAM_RETENTION_LOGS": "2w",
            "SLIPSTREAM_RETENTION_KEEP_RUNS": "-1", "SLIPSTREAM_RETENTION_EVENTS": "",
        ])
        #expect(policy.logs == .after(.seconds(14 * Self.day)) && policy.runs == RetentionPolicy().runs)
        #expect(
            problems.map(\.description) == [
                "SLIPSTREAM_RETENTION_RUNS: must be hours, days or weeks, such as 36h, 90d or 12w, from 1h to 5000w, or never, is \"3 months\"",
                "SLIPSTREAM_RETENTION_KEEP_RUNS: must be a number from 0 to 100000, is \"-1\"",
            ])
    }

    @Test func `the documentation has every setting with its default`() throws {
        let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/retention.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `SLIPSTREAM_") }
        let expected = RetentionKey.allCases.map { "| `\($0.rawValue)` | `\($0.value(in: RetentionPolicy()))` |" }
        #expect(rows.count == expected.count)
        for (row, start) in zip(rows, expected) { #expect(row.hasPrefix(start), "\(row)") }
    }

    // MARK: The rule

    private static func at(_ day: Int) -> Instant { Instant(seconds: Int64(day) * Self.day) }

    private func run(
        _ id: Int64, day: Int?, ended: Int?, manual: Bool = false, after: Int? = nil
    ) -> RetainedRun {
        RetainedRun(
            id: id, isFinished: ended != nil, runAfter: Self.at(after ?? day ?? 0), logicalDate: day.map(Self.at),
            endedAt: ended.map(Self.at), isManual: manual)
    }

    private func rule(
        endedBefore: Int, newestFrom: Int? = nil, newestScheduled: Int? = nil, scheduledFrom: Int? = nil,
        backfills: [ClosedRange<Int>] = []
    ) -> RetentionRule {
        RetentionRule(
            endedBefore: Self.at(endedBefore), newestFrom: newestFrom.map(Self.at),
            newestScheduled: newestScheduled.map(Self.at), scheduledFrom: scheduledFrom.map(Self.at),
            backfills: backfills.map { Self.at($0.lowerBound)...Self.at($0.upperBound) })
    }

    private func removed(_ runs: [RetainedRun], _ rule: RetentionRule) -> [Int64] {
        runs.filter { rule.mayRemove($0, followers: History(runs).followers(of: $0)) }.map(\.id)
    }

    @Test func `old runs go, the run before the first young one stays`() {
        let runs = (1...6).map { run(Int64($0), day: $0, ended: $0) }
        #expect(removed(runs, rule(endedBefore: 4)) == [1, 2])
    }

    @Test func `the newest runs stay however old they are`() {
        let runs = (1...6).map { run(Int64($0), day: $0, ended: $0) }
        #expect(removed(runs, rule(endedBefore: 100, newestFrom: 5)) == [1, 2, 3])
    }

    @Test func `the run before one that has not ended stays, with and without manual runs`() {
        let runs = [
            run(1, day: 1, ended: 1), run(2, day: 2, ended: 2), run(3, day: 3, ended: 3, manual: true),
            run(4, day: 4, ended: nil), run(5, day: 5, ended: 5), run(6, day: 6, ended: 6), run(7, day: 7, ended: 7),
        ]
        #expect(removed(runs, rule(endedBefore: 100)) == [1, 5, 6])
    }

    @Test func `where the schedule goes on stays, also when runs of later dates came`() {
        let runs = [
            run(1, day: 1, ended: 1), run(2, day: 2, ended: 2), run(3, day: 3, ended: 3, manual: true),
            run(4, day: 4, ended: 4, manual: true),
        ]
        #expect(removed(runs, rule(endedBefore: 100, newestScheduled: 2, scheduledFrom: 50)) == [3])
        // With catch-up a run at a date keeps the schedule from making one for it.
        #expect(removed(runs, rule(endedBefore: 100, newestScheduled: 2, scheduledFrom: 2)) == [])
    }

    @Test func `the dates of a backfill that is not finished stay, and the run before them`() {
        let runs = (1...9).map { run(Int64($0), day: $0, ended: $0) }
        #expect(removed(runs, rule(endedBefore: 100, backfills: [4...6])) == [1, 2, 7, 8])
    }

    @Test func `a run without a logical date goes by its age, unless somebody still waits for its callbacks`() {
        var waiting = run(2, day: nil, ended: 1)
        waiting.isAwaited = true
        #expect(
            removed([run(1, day: nil, ended: 1), waiting, run(3, day: nil, ended: 9)], rule(endedBefore: 4)) == [1])
    }

    /// Every run that is kept for its own sake, and every run that may still come, sees the same run before as if nothing had been removed,
    /// whatever is removed first; and nothing else is kept.
    @Test(arguments: 0..<400) func `what dependsOnPast asks for is never removed, and nothing more is kept`(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let all = (1...Int64(Int.random(in: 1...25, using: &random))).map { id in
            run(
                id, day: Bool.random(using: &random) ? Int(id) * 2 : Int(id) * 2 + 31,
                ended: Int.random(in: 0..<8, using: &random) == 0 ? nil : Int.random(in: 0..<80, using: &random),
                manual: Int.random(in: 0..<3, using: &random) == 0, after: Int.random(in: 0..<80, using: &random))
        }
        func maybe(_ range: Range<Int>) -> Int? {
            Bool.random(using: &random) ? Int.random(in: range, using: &random) : nil
        }
        let scheduled = all.filter { !$0.isManual }.randomElement(using: &random).flatMap(\.logicalDate)
        var rule = rule(
            endedBefore: Int.random(in: 0..<90, using: &random), newestFrom: maybe(40..<90),
            scheduledFrom: maybe(0..<90),
            backfills: maybe(0..<90).map { [$0...($0 + 6)] } ?? [])
        rule.newestScheduled = Bool.random(using: &random) ? scheduled : nil

        let whole = History(all)
        let own = all.filter(rule.keepsForItself)
        let asking =
            own.compactMap(\.logicalDate) + [rule.scheduledFrom].compactMap(\.self) + rule.backfills.map(\.lowerBound)
            + [Self.at(100_000)]
        let before = asking.flatMap { [whole.before($0, withManual: true), whole.before($0, withManual: false)] }
        let kept = Set(own.map(\.id) + before.compactMap(\.self))

        // In any order, a few at a time.
        var left = all
        var isDone = false
        while !isDone {
            isDone = true
            for run in left.shuffled(using: &random).prefix(5) + left {
                guard let place = left.firstIndex(of: run),
                    rule.mayRemove(run, followers: History(left).followers(of: run))
                else { continue }
                left.remove(at: place)
                isDone = false
            }
        }
        #expect(Set(left.map(\.id)) == kept)
        let now = History(left)
        #expect(asking.flatMap { [now.before($0, withManual: true), now.before($0, withManual: false)] } == before)
    }

    // MARK: The schedule's memory

    private func from(_ schedule: Schedule, catchup: Bool, last: DataInterval?) -> Instant? {
        var document = DAGDocument(
            id: "dag", schedule: schedule, start: Instant(Day(2026, 1, 1)), tasks: [TaskDocument(id: "a")])
        document.catchup = catchup
        return document.scheduledFrom(
            last: last, firstSeen: Instant(Day(2026, 1, 1)), now: Instant(Day(2026, 6, 1), hour: 12), zone: Zones.load)
    }

    @Test func `with catch-up the schedule may ask for every date since its last run, without only for new ones`() {
        let last = DataInterval(at: Instant(Day(2026, 2, 1)))
        let daily = Schedule.cron("@daily", timezone: "UTC")
        #expect(from(daily, catchup: true, last: last) == Instant(Day(2026, 2, 1)))
        #expect(from(daily, catchup: false, last: last) == Instant(Day(2026, 6, 1)))
        #expect(from(daily, catchup: true, last: nil) == Instant(Day(2026, 1, 1)))
        #expect(from(.once, catchup: true, last: nil) == Instant(Day(2026, 1, 1)))
        #expect(from(.once, catchup: false, last: last) == nil)
        #expect(from(.manual, catchup: false, last: nil) == nil)
        #expect(from(.cron("@daily", timezone: "No/Where"), catchup: false, last: last) == last.start)
    }
}

/// The runs of a DAG, and what is asked of them, as simply as it can be said.
private struct History {
    let runs: [RetainedRun]

    init(_ runs: [RetainedRun]) { self.runs = runs }

    /// The run with the newest logical date before a date.
    func before(_ date: Instant, withManual: Bool) -> Int64? {
        runs.filter { run in run.logicalDate.map { $0 < date } ?? false && (withManual || !run.isManual) }
            .max { ($0.logicalDate ?? date) < ($1.logicalDate ?? date) }?.id
    }

    func followers(of run: RetainedRun) -> RunFollowers? {
        guard let date = run.logicalDate else { return nil }
        let later = runs.filter { $0.logicalDate.map { $0 > date } ?? false }
        guard let last = later.filter({ run.isManual || !$0.isManual }).compactMap(\.logicalDate).min() else {
            return nil
        }
        let some = later.filter { $0.logicalDate.map { $0 <= last } ?? false }
        return RunFollowers(
            isUnfinished: some.contains { !$0.isFinished }, lastEnd: some.compactMap(\.endedAt).max(),
            lastRunAfter: some.map(\.runAfter).max() ?? date, lastDate: last)
    }
}
