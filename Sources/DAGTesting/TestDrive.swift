internal import DAGKit
internal import DAGModel
internal import FoundationEssentials
internal import Synchronization
internal import WorkerProtocol

/// Drives one run: what the planner finds ready is run, then the clock is set to the next thing that is waited for.
struct TestDrive<Definition: DAG> {
    /// Something that happens at a time.
    private enum Due {
        case retry(InstanceKey, tryNumber: Int)
        /// An attempt ends that has slept, as a sensor does between two looks.
        case end(InstanceKey, AttemptOutcome, [OutletEvent])
        /// A wait without a process is over.
        case timeWait(InstanceKey)
        case wake(InstanceKey, TaskWait)
        /// What was waited for did not come.
        case fail(InstanceKey, String)
    }

    private let test: DAGTest<Definition>
    private let loaded: LoadedDefinition
    private let graph: DAGGraph
    private let clock: TestClock
    private let start: Instant
    private let logicalDate: Instant
    private let interval: (start: Instant, end: Instant)
    private let params: [UInt8]

    private var plan: RunPlan
    private var outputs: RunOutputs
    /// The outputs above 64 KiB of attempts that have not ended yet.
    private var largeOutputs: [InstanceKey: [UInt8]] = [:]
    private var ready: [(key: InstanceKey, wait: TaskWait?)] = []
    /// Ordered by time, then by when they were added.
    private var due: [(at: Instant, what: Due)] = []
    private var details: [InstanceKey: TestedInstance] = [:]
    private var waits: [InstanceKey: Int] = [:]
    private var callbacks: [CallbackEvent] = []
    private var updates: [TestedAssetUpdate] = []
    private var attempts: Int64 = 0

    init(_ test: DAGTest<Definition>, _ definition: DAGDefinition) throws {
        self.test = test
        loaded = LoadedDefinition(definition: definition, fingerprint: try definition.fingerprint())
        graph = DAGGraph(definition.document)
        logicalDate = test.logicalDate ?? Instant(Day(2026, 1, 1))
        interval = test.interval ?? (logicalDate, logicalDate)
        start = test.start ?? interval.end
        clock = TestClock(start)
        params =
            try test.params.map { try encodeOutput($0) }
            ?? encodeOutput(JSONValue.object(definition.document.params.defaults))
        plan = RunPlan(graph: graph)
        outputs = RunOutputs(graph)
    }

    mutating func run() async throws -> TestedRun {
        while true {
            for change in plan.plan() { note(change) }
            if let state = plan.finalState { return result(state) }
            if !ready.isEmpty {
                let (key, wait) = ready.removeFirst()
                await attempt(key, wait)
            } else if !due.isEmpty {
                let (at, what) = due.removeFirst()
                clock.set(to: at)
                happen(what)
            } else {
                throw DAGTestError("the run of \(loaded.definition.document.id) waits for something that will not come")
            }
        }
    }

    // MARK: What the planner decides

    private mutating func note(_ change: InstanceChange) {
        let key = change.key
        switch change.state {
        case .scheduled: ready.append((key, nil))
        case .deferred:
            guard let wait = TimeWait(graph.tasks[key.task].kind) else { return }
            let now = clock.now
            update(key) { $0.startedAt = $0.startedAt ?? now }
            schedule(.timeWait(key), at: wait.end(intervalEnd: interval.end, now: clock.now))
        case let state where state.isFinished: ended(key, state, nil)
        default: break
        }
    }

    private mutating func happen(_ what: Due) {
        switch what {
        case .retry(let key, let tryNumber):
            guard plan[key]?.tryNumber == tryNumber, plan.retryIsDue(key) else { return }
            ready.append((key, nil))
        case .end(let key, let outcome, let told): finish(key, outcome, told)
        case .timeWait(let key):
            if let state = plan.end(key, .success()) { ended(key, state, nil) }
        case .wake(let key, let wait):
            if plan.wake(key) { ready.append((key, wait)) }
        case .fail(let key, let reason):
            if let state = plan.end(key, .failed) { after(key, state, reason) }
        }
    }

    private mutating func schedule(_ what: Due, at time: Instant) {
        let place = due.firstIndex { $0.at > time } ?? due.count
        due.insert((max(time, clock.now), what), at: place)
    }

    // MARK: Attempts

    private mutating func attempt(_ key: InstanceKey, _ wait: TaskWait?) async {
        let task = graph.tasks[key.task]
        let channel = TestChannel(
            key, outputs: outputs, connections: test.connections, variables: test.variables,
            declared: Set(loaded.definition.document.uses + task.uses))
        let spec = spec(key, wait)
        plan.note(key, .queued)
        plan.note(key, .running)
        let began = clock.now
        update(key) { $0.startedAt = wait == nil ? began : $0.startedAt }
        // Its own: what it sleeps keeps no other task from going on.
        let watch = TestClock(began)
        var outcome = await Self.outcome(
            of: task, spec, channel, replacement: test.replacements[task.id], loaded, watch)
        if case .kept = outcome { largeOutputs[key] = channel.largeOutput }
        if case .success(let json) = outcome, json.count > LargeOutput.threshold {
            (largeOutputs[key], outcome) = (json, .kept(LargeOutput.cut(json).output))
        }
        guard watch.now > began else { return finish(key, outcome, channel.outletEvents) }
        schedule(.end(key, outcome, channel.outletEvents), at: watch.now)
    }

    private mutating func finish(_ key: InstanceKey, _ outcome: AttemptOutcome, _ told: [OutletEvent]) {
        if case .suspended(let suspension) = outcome, suspension.problem == nil { return suspend(key, suspension) }
        let task = graph.tasks[key.task]
        waits[key] = nil
        let end = EndedAttempt(outcome, of: task, isMappedOver: graph.isMappedOver(key.task))
        guard let state = plan.end(key, end.end) else { return }
        if state == .success {
            let large = largeOutputs.removeValue(forKey: key).map { String(decoding: $0, as: UTF8.self) }
            outputs.set(end.isKept ? large ?? "" : end.output, of: key)
            updates += assetUpdates(of: task, told)
        }
        after(key, state, end.reason)
    }

    private static func outcome(
        of task: TaskDocument, _ spec: AttemptSpec, _ channel: TestChannel,
        replacement: DAGTest<Definition>.Replacement?, _ loaded: LoadedDefinition, _ clock: TestClock
    ) async -> AttemptOutcome {
        await TaskClock.$current.withValue(clock.ofTasks) {
            if let replacement {
                let context = TaskContext(spec: spec, channel: channel, outlets: task.outlets)
                do { return .success(output: try await replacement(context)) } catch {
                    return AttemptOutcome(ofBodyThrowing: error)
                }
            }
            if let people = PeopleTask(task.kind) { return people.outcome(spec.resumption) }
            if case .builtIn(let type, _) = task.kind {
                let reason =
                    "operator \(type) does nothing in a test: say with .replacing(\"\(task.id)\", …) what it gives"
                return .failed(AttemptFailure(.final, reason))
            }
            return await ChildAttempt(spec: spec, loaded: loaded, channel: channel).outcome()
        }
    }

    private mutating func suspend(_ key: InstanceKey, _ suspension: Suspension) {
        plan.note(key, suspension.state)
        waits[key, default: 0] += 1
        update(key) { $0.reason = suspension.sentence }
        var wait = TaskWait(suspension, number: waits[key] ?? 1, since: clock.now)
        func wake(_ cause: WakeCause, at time: Instant) {
            wait.cause = cause
            schedule(.wake(key, wait), at: time)
        }
        switch suspension.wait {
        case .poke, .time: wake(.time, at: suspension.until ?? clock.now)
        case .event(let event):
            if let data = test.events[event] { return wake(.event(data), at: clock.now) }
            guard let until = suspension.until else { return }
            if suspension.failsAtDeadline {
                schedule(.fail(key, "event \(event) did not come until \(until.isoformat)"), at: until)
            } else {
                wake(.deadline, at: until)
            }
        case .person(let request):
            if var answer = test.answers[graph.tasks[key.task].id] {
                answer.at = clock.now
                let problems = request.problems(choosing: answer.chosen, answer.params)
                guard let problem = problems.first else {
                    answer.params = request.params.merging(answer.params) { _, given in given }
                    return wake(.answer(answer), at: clock.now)
                }
                return schedule(.fail(key, "the test's answer: \(problem)"), at: clock.now)
            }
            let until = suspension.until ?? clock.now
            if let answer = request.defaultAnswer(at: until) { return wake(.answer(answer), at: until) }
            schedule(.fail(key, "nobody answered: give .answering(\"\(graph.tasks[key.task].id)\", …)"), at: until)
        }
    }

    // MARK: Ends

    /// An attempt or a wait has ended.
    private mutating func after(_ key: InstanceKey, _ state: TaskState, _ reason: String?) {
        ended(key, state, reason)
        guard state == .upForRetry, let instance = plan[key] else { return }
        let task = graph.tasks[key.task]
        let seed = RetrySeed(dagID: loaded.definition.document.id, taskID: task.id, logicalDate: logicalDate)
        let delay = task.retryDelay.wait(after: instance.tryNumber - instance.losses, seed: seed)
        schedule(.retry(key, tryNumber: instance.tryNumber), at: clock.now + delay)
    }

    private mutating func ended(_ key: InstanceKey, _ state: TaskState, _ reason: String?) {
        let now = clock.now
        update(key) { ($0.reason, $0.endedAt) = (reason, now) }
        let task = graph.tasks[key.task]
        guard let kind = CallbackKind(endOf: state), task.callbacks.contains(kind) else { return }
        let tryNumber = plan[key]?.tryNumber ?? 0
        callbacks.append(
            CallbackEvent(
                kind, dedupeKey: "test/\(task.id)/\(key.mapIndex)/\(kind.rawValue)/\(tryNumber)", taskID: task.id,
                mapIndex: key.mapIndex, tryNumber: tryNumber, state: state.rawValue, reason: reason, at: clock.now))
    }

    private mutating func update(_ key: InstanceKey, _ change: (inout TestedInstance) -> Void) {
        var instance =
            details[key]
            ?? TestedInstance(taskID: graph.tasks[key.task].id, mapIndex: key.mapIndex, state: .none, tryNumber: 0)
        change(&instance)
        details[key] = instance
    }

    private func assetUpdates(of task: TaskDocument, _ told: [OutletEvent]) -> [TestedAssetUpdate] {
        task.outlets.map { asset in
            let extra = told.last { $0.name == asset.name && $0.uri == asset.uri }?.extra
            var reader = JSONReader(extra.map { String(decoding: $0, as: UTF8.self) } ?? "{}")
            return TestedAssetUpdate(asset: asset.name, taskID: task.id, extra: reader.read() ?? .object([:]))
        }
    }

    private mutating func result(_ state: DAGRunState) -> TestedRun {
        var instances: [TestedInstance] = []
        for task in plan.tasks.indices {
            for instance in plan.tasks[task].instances {
                let key = InstanceKey(task: task, mapIndex: instance.mapIndex)
                update(key) { ($0.state, $0.tryNumber) = (instance.state, instance.tryNumber) }
                if let detail = details[key] { instances.append(detail) }
            }
        }
        let document = loaded.definition.document
        let kind = state == .success ? CallbackKind.success : .failure
        if document.callbacks.contains(kind) {
            callbacks.append(
                CallbackEvent(
                    kind, dedupeKey: "test/\(kind.rawValue)", state: state.rawValue,
                    reason: state == .success ? "success" : plan.isDeadlocked ? "all_tasks_deadlocked" : "task_failure",
                    at: clock.now))
        }
        return TestedRun(
            state: state, duration: clock.now - start, instances: instances, callbacks: callbacks,
            assetUpdates: updates,
            outputs: outputs)
    }

    private mutating func spec(_ key: InstanceKey, _ wait: TaskWait?) -> AttemptSpec {
        attempts += 1
        let task = graph.tasks[key.task]
        return AttemptSpec(
            id: AttemptID(epoch: 0, counter: attempts), token: .random(), dagID: loaded.definition.document.id,
            runID: "test__\(logicalDate.isoformat)", taskID: task.id, mapIndex: key.mapIndex,
            tryNumber: plan[key]?.tryNumber ?? 1, logicalDate: logicalDate, dataIntervalStart: interval.start,
            dataIntervalEnd: interval.end, params: params, artifact: "", files: "",
            documentHash: loaded.fingerprint, work: AttemptSpec.Work(task.kind), inputs: task.inputs,
            executionTimeout: nil, elementPlaces: plan.elementPlaces(of: key), resumption: wait,
            firstStartedAt: details[key]?.startedAt?.microseconds)
    }
}

/// A clock that stands still unless it is set, or a task sleeps by it.
final class TestClock: Sendable {
    private let time: Mutex<Instant>

    init(_ start: Instant) { time = Mutex(start) }

    var now: Instant { time.withLock { $0 } }

    func set(to instant: Instant) { time.withLock { $0 = max($0, instant) } }

    var ofTasks: TaskClock {
        TaskClock(now: { self.now }) { duration in
            try Task.checkCancellation()
            self.time.withLock { $0 = $0 + duration }
        }
    }
}
