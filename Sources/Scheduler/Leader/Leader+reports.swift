internal import DAGModel
internal import Logging
internal import Store
internal import Supervision
internal import WorkerProtocol

// Progress and metrics of attempts, written in batches beside the ticks.
extension Leader {
    /// While the database is away, this many reports wait; later ones are dropped.
    private static let maximumReports = 10_000

    /// The longest report that is kept, in bytes; workers send none that is longer.
    private static let maximumReport = 64 << 10

    /// Whether a report is short enough, and not too many wait.
    func mayKeep(_ report: [UInt8]) -> Bool {
        if report.count <= Self.maximumReport, reports.count < Self.maximumReports { return true }
        log.warning("A progress report of \(report.count) bytes was dropped; \(reports.count) wait to be stored")
        return false
    }

    func flushReportsSoon(after pause: Duration = .milliseconds(200)) {
        guard !isFlushingReports else { return }
        isFlushingReports = true
        loop.schedule(after: pause) { [self] in
            Task { await flushReports() }
        }
    }

    private func flushReports() async {
        let batch = reports
        reports.removeAll()
        isFlushingReports = false
        do {
            try await store.addReports(batch)
        } catch {
            log.error("\(batch.count) progress reports could not be stored yet: \(error)")
            reports = Array((batch + reports).prefix(Self.maximumReports))
            flushReportsSoon(after: .seconds(1))
        }
    }
}
