import DAGModel
@testable import Scheduler
import Store
import WorkerProtocol

// What has to hold, after every event and at the end.
extension Simulation {
    mutating func check() {
        problems += database.problems
        for (name, attempts) in bodies where attempts.count > 1 {
            problems.append("\(name) runs twice at once: \(attempts.sorted())")
        }
        if now.monotonic >= Self.faultsEnd { for dag in database.pausedDAGs { database.setPaused(dag, false) } }
        guard let core = leaders[database.epoch]?.leader.core else { return }
        checkBook(core)
        checkLimits(core)
    }

    /// What executes, as far as the leader knows, is within every limit.
    private mutating func checkLimits(_ core: SchedulerCore) {
        var (ofRun, ofTask, ofTaskInRun): ([Int64: Int], [String: Int], [String: Int]) = ([:], [:], [:])
        for (run, waits) in core.waiting {
            guard let dagID = database.runs[run]?.dagID else { continue }
            for key in waits.keys {
                ofTask["\(dagID) \(key.task)", default: 0] += 1
                ofTaskInRun["\(run) \(key.task)", default: 0] += 1
            }
        }
        for attempt in core.attempts.values {
            guard let dagID = database.runs[attempt.run]?.dagID else { continue }
            if attempt.holdsSlot { ofRun[attempt.run, default: 0] += 1 }
            ofTask["\(dagID) \(attempt.key.task)", default: 0] += 1
            ofTaskInRun["\(attempt.run) \(attempt.key.task)", default: 0] += 1
        }
        for run in database.runs.values {
            guard let document = dags[run.dagID]?.document else { continue }
            let place = "in \(run.runID) of \(run.dagID)"
            if ofRun[run.id] ?? 0 > document.limits.maxActiveTasks { problems.append("too many active tasks \(place)") }
            for (index, task) in document.tasks.enumerated() {
                if ofTask["\(run.dagID) \(index)"] ?? 0 > task.limits.maxActiveTisPerDag ?? .max {
                    problems.append("too many active instances of \(task.id) of \(run.dagID)")
                }
                if ofTaskInRun["\(run.id) \(index)"] ?? 0 > task.limits.maxActiveTisPerDagrun ?? .max {
                    problems.append("too many active instances of \(task.id) \(place)")
                }
            }
        }
    }

    /// The leader's own book: one wanted attempt for each instance, and no slot given twice.
    private mutating func checkBook(_ core: SchedulerCore) {
        var wanted: Set<String> = []
        var used: [WorkerID: Int] = [:]
        var given: [WorkerID: Int] = [:]
        for (id, attempt) in core.attempts {
            if !attempt.isAbandoned, !wanted.insert("\(attempt.run) \(attempt.key)").inserted {
                problems.append("two attempts of run \(attempt.run) \(attempt.key) are wanted, one of them \(id)")
            }
            guard attempt.holdsSlot, let worker = attempt.worker else { continue }
            used[worker, default: 0] += 1
            // One that a worker reported may have ended there: its end was not committed, and its slot was another's meanwhile.
            if attempt.reportBy == 0 { given[worker, default: 0] += 1 }
        }
        for (id, worker) in core.workers {
            if given[id] ?? 0 > worker.slots {
                problems.append("worker \(worker.name) has \(given[id] ?? 0) slots in use")
            }
            if worker.usedSlots != used[id] ?? 0 {
                problems.append("worker \(worker.name)'s slots are counted wrongly")
            }
        }
    }

    mutating func checkEnd() {
        for run in database.runs.values.sorted(by: { $0.id < $1.id }) {
            for row in database.rows(run.id) { checkEnd(row, run) }
            checkTimeout(run)
        }
        for (name, attempts) in bodies where !attempts.isEmpty { problems.append("\(name) still runs") }
        for (run, waits) in leaders[database.epoch]?.leader.core.waiting ?? [:] {
            problems.append("\(waits.count) instances of run \(run) still take something while they wait")
        }
    }

    /// What goes on was suspended, and gets back what it saved.
    mutating func checkResumption(_ spec: AttemptSpec) {
        guard let wait = spec.resumption else { return }
        guard let saved = Int64(wait.suspension.saved), wait.cause != nil,
            case .suspended(wait.suspension)? = ended[AttemptID(rawValue: saved)]
        else {
            return problems.append("attempt \(spec.id) goes on from a wait that nobody began: \(wait)")
        }
    }

    private mutating func checkTimeout(_ run: RunRecord) {
        let isTimedOut = database.rows(run.id).contains { $0.reason?.contains("dagrunTimeout") == true }
        guard isTimedOut, let started = run.startedAt, let ended = run.endedAt else { return }
        let timeout = dags[run.dagID]?.document.limits.dagrunTimeout
        if run.state != .failed || timeout.map({ ended - started < .seconds($0) }) ?? true {
            problems.append("\(run.runID) is \(run.state) by a timeout of \(String(describing: timeout)) s")
        }
    }

    private mutating func checkEnd(_ row: InstanceRecord, _ run: RunRecord) {
        let place = "\(run.runID) \(row.taskID)[\(row.mapIndex)]"
        if !row.state.isFinished, !(row.state == .none && run.state == .failed) {
            problems.append("\(place) is \(row.state) at the end")
        }
        let attempts = (database.attempts[run.id] ?? []).filter {
            $0.taskID == row.taskID && $0.mapIndex == row.mapIndex
        }
        let task = dags[run.dagID]?.document.tasks.first { $0.id == row.taskID }
        if let task { checkAssets(row, run, task, attempts) }
        if let state = marked[name(row, run)], state != row.state {
            problems.append("\(place) was marked as \(state), and is \(row.state) at the end")
        }
        if attempts.count(where: { $0.state == .success }) > 1 { problems.append("\(place) has succeeded twice") }
        if row.tryNumber - row.losses > row.maxTries + 1 {
            problems.append("\(place) had \(row.tryNumber) tries")
        }
        guard row.state == .success, let task, task.kind != .empty, TimeWait(task.kind) == nil,
            marked[name(row, run)] == nil
        else { return }
        guard let winner = attempts.first(where: { $0.state == .success }),
            case .success? = ended[AttemptID(rawValue: winner.id)]
        else {
            return problems.append("\(place) is a success that no body had")
        }
    }

    /// Each success has updated the task's outlets, once, and nothing else has.
    private mutating func checkAssets(
        _ row: InstanceRecord, _ run: RunRecord, _ task: TaskDocument, _ attempts: [AttemptRecord]
    ) {
        let events = (database.assetEventsOfRun[run.id] ?? []).filter {
            $0.taskID == row.taskID && $0.mapIndex == row.mapIndex
        }
        var tries = attempts.filter { $0.state == .success }.map(\.tryNumber)
        if task.kind == .empty || TimeWait(task.kind) != nil {
            tries = row.state == .success && marked[name(row, run)] == nil ? [row.tryNumber] : []
        }
        if events.map(\.tryNumber).sorted() != (task.outlets.isEmpty ? [] : tries.sorted()) {
            problems.append(
                "\(run.runID) \(row.taskID)[\(row.mapIndex)] succeeded in tries \(tries), and updated in \(events.map(\.tryNumber))"
            )
        }
    }

    var unfinished: String {
        let rows = database.runs.keys.sorted().flatMap { database.rows($0) }.filter { !$0.state.isFinished }
        let states = rows.map { "run \($0.run) \($0.taskID)[\($0.mapIndex)] \($0.state) attempt \($0.attempt ?? 0)" }
        let runs = database.runs.values.filter { !$0.state.isFinished }.map { "\($0.runID) \($0.state)" }.sorted()
        let held = workers.map { "\($0.name) \($0.isAlive ? "alive" : "dead") holds \($0.held)" }
        return "\(runs) \(states) \(held) paused \(database.pausedDAGs)"
    }
}
