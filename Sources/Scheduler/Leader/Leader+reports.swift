internal import DAGModel
internal import Logging
internal import Store
internal import Supervision
internal import WorkerProtocol

// Progress and metrics of attempts, written in batches beside the ticks.
extension Leader {
    func flushReportsSoon() {
        guard !isFlushingReports else { return }
        isFlushingReports = true
        loop.schedule(after: .milliseconds(200)) { [self] in
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
            log.error("\(batch.count) progress reports could not be stored: \(error)")
        }
    }
}
