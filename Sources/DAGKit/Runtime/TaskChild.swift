internal import DAGModel
internal import Glibc
package import WorkerProtocol

/// The process of one attempt: waits for its order, fetches the inputs, runs the body, reports, and is gone.
struct TaskChild {
    private let socket: FrameSocket
    private let loaded: LoadedDefinition

    init(socket: CInt, loaded: LoadedDefinition) {
        self.socket = FrameSocket(socket)
        self.loaded = loaded
    }

    func run() -> Never {
        WarmUp.runInChild()
        // An end of file means that this child, forked ahead of need, was not needed.
        guard case .run(let spec, let files)? = socket.receive(SupervisorMessage.self) else { cposix_exit_now(0) }
        enter(files)
        let channel = ChildChannel(socket)
        let executor = MainThreadExecutor()
        executor.catchStop()
        let attempt = ChildAttempt(spec: spec, loaded: loaded, channel: channel)
        executor.run { channel.send(await attempt.perform()) }
        cposix_exit_now(0)
    }

    private func enter(_ files: String) {
        guard !files.isEmpty else { return }
        setenv("SLIPSTREAM_FILES", files, 1)
        chdir(files)
    }
}

/// One attempt as a value: from the order to the message that ends it.
package struct ChildAttempt {
    let spec: AttemptSpec
    let loaded: LoadedDefinition
    let channel: any TaskChannel

    package init(spec: AttemptSpec, loaded: LoadedDefinition, channel: any TaskChannel) {
        self.spec = spec
        self.loaded = loaded
        self.channel = channel
    }

    /// The last message of the child. What the body printed is written before it returns, so that the log is whole when the result
    /// is known.
    func perform() async -> ChildMessage {
        var usage = AttemptUsage(startedAt: now())
        let outcome = await outcome()
        cposix_flush_streams()
        usage.endedAt = now()
        usage.addResources()
        return .result(outcome, usage)
    }

    /// How the body ended.
    package func outcome() async -> AttemptOutcome {
        do {
            if case .callback(let event) = spec.work { return try await call(event) }
            let body = try body()
            let inputs = try inputs()
            let output = try await body(
                TaskContext(spec: spec, channel: channel, outlets: loaded.outlets[spec.taskID] ?? []), inputs)
            try checkChoice(output)
            return output.count > LargeOutput.threshold ? try keep(output) : .success(output: output)
        } catch {
            return AttemptOutcome(ofBodyThrowing: error)
        }
    }

    /// A branch may only name what depends on it: anything else would be skipped, or run, as if nothing had been chosen.
    private func checkChoice(_ output: [UInt8]) throws {
        guard let possible = loaded.choices[spec.taskID],
            case .follow(let chosen)? = Steering(json: String(decoding: output, as: UTF8.self), kind: .branch)
        else { return }
        for task in chosen where !possible.contains(task) {
            throw FailTask(
                "branch \(spec.taskID) follows \(task), which is not downstream of it; downstream are: \(possible.sorted().joined(separator: ", "))"
            )
        }
    }

    private func call(_ event: CallbackEvent) async throws -> AttemptOutcome {
        try checkGraph()
        guard let body = loaded.definition.callback(for: event) else {
            let what = event.taskID.map { "of task \($0)" } ?? "of runs"
            throw FailTask("DAG \(spec.dagID) has no callback \(event.kind) \(what)")
        }
        try await body(CallbackContext(TaskContext(spec: spec, channel: channel), event))
        return .success(output: [])
    }

    private func body() throws -> TaskBody {
        try checkGraph()
        guard let body = loaded.definition.bodies[spec.taskID] else {
            throw FailTask("DAG \(loaded.definition.document.id) has no task \(spec.taskID) with author code")
        }
        return body
    }

    private func checkGraph() throws {
        let dagID = loaded.definition.document.id
        guard loaded.fingerprint == spec.documentHash else {
            throw FailTask(
                "DAG \(dagID) describes another graph here (\(loaded.fingerprint)) than when it was deployed "
                    + "(\(spec.documentHash)): body() must not depend on the clock, the environment or chance")
        }
    }

    private func inputs() throws -> [[UInt8]] {
        let wanted = spec.inputs.filter { $0.kind != .template }
        guard !wanted.isEmpty else { return [] }
        let values = try wanted.map { input in
            switch input.kind {
            case .groupElement where input.task.isEmpty: try literal(input.list ?? 0)
            case .element, .groupElement:
                try channel.ask(.element(task: input.task, index: try elementPlace(input.list)))
            case .lazy: try encodeOutput(["task": input.task])
            case .value, .template: try channel.ask(.output(task: input.task))
            }
        }
        (channel as? ChildChannel)?.send(.started)
        return values
    }

    private func elementPlace(_ list: Int?) throws -> Int {
        guard let list else { return spec.mapIndex }
        return try spec.place(inList: list)
    }

    /// An element of a list of the mapped group around the task that the DAG file itself knows.
    private func literal(_ list: Int) throws -> [UInt8] {
        let group = loaded.definition.document.tasks.first { $0.id == spec.taskID }?.group ?? ""
        let lists = loaded.definition.literals.first { "\(group).".hasPrefix($0.key + ".") }?.value
        guard let element = try lists?[list]?(try spec.place(inList: list)) else {
            throw FailTask("list \(list + 1) of group \(group) has no element for instance \(spec.mapIndex)")
        }
        return element
    }

    /// Has an output kept that is too long for the result, part by part; when this returns it is stored.
    private func keep(_ json: [UInt8]) throws -> AttemptOutcome {
        let (output, parts) = LargeOutput.cut(json)
        _ = try channel.ask(.keepOutput(output))
        for part in parts { _ = try channel.ask(.keepPart(part)) }
        return .kept(output)
    }

    private func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}

extension AttemptUsage {
    /// What this process and the children it waited for have used.
    fileprivate mutating func addResources() {
        for who in [RUSAGE_SELF.rawValue, RUSAGE_CHILDREN.rawValue] {
            var resources = rusage()
            guard getrusage(__rusage_who_t(who), &resources) == 0 else { continue }
            cpu += resources.cpuMicroseconds
            maxResidentKiB = max(maxResidentKiB, Int64(resources.ru_maxrss))
        }
    }
}

extension AttemptOutcome {
    package init(ofBodyThrowing error: any Error) {
        switch error {
        case let suspend as Suspend: self = AttemptOutcome(suspend)
        case let skip as SkipTask: self = .skipped(reason: skip.reason)
        case let fail as FailTask: self = .failed(AttemptFailure(.final, fail.reason))
        case is CancellationError: self = .failed(AttemptFailure(.task, "the task was cancelled"))
        default: self = .failed(AttemptFailure(.task, "\(error)", errorType: String(describing: type(of: error))))
        }
    }
}
