internal import DAGModel
internal import Logging
internal import Store
internal import WorkerProtocol

// The outputs of tasks: what attempts read of them, and those above 64 KiB, which are stored before the result and not with it.
extension Leader {
    /// Begins to keep the output of a running attempt.
    func keep(_ output: LargeOutput, of attempt: AttemptID, _ run: QueriedRun) async throws -> QueryAnswer {
        guard !run.isCallback else { return .refused("a callback leaves no output") }
        guard output.size <= options.maximumOutput else {
            return .refused(LargeOutput.refusal(size: output.size, limit: options.maximumOutput))
        }
        try await store.keepOutput(
            output, attempt: attempt.rawValue, run: run.id, taskID: run.graph.tasks[run.key.task].id,
            mapIndex: run.key.mapIndex, now: clock.now().wall)
        return .value([])
    }

    /// Answers what an attempt asks of the output of a task that is upstream of it.
    func read(_ query: Query, _ task: String, _ run: QueriedRun) async throws -> QueryAnswer {
        let mapIndex = run.graph.source(task, of: run.key)
        let stored: StoredOutput?
        switch query {
        case .element(_, let index):
            stored =
                index < 0
                ? nil : try await store.storedElement(run: run.id, taskID: task, mapIndex: mapIndex, index: index)
            if stored == nil { return .refused("the output of task \(task) has no element \(index)") }
        case .elements(_, let index):
            stored = try await store.storedElements(run: run.id, taskID: task, mapIndex: mapIndex, from: index)
        case .outputLength:
            let length = try await store.outputLength(run: run.id, taskID: task, mapIndex: mapIndex)
            return .value(Array((length.map { "\($0)" } ?? "null").utf8))
        default:
            stored =
                if let mapIndex {
                    try await store.storedOutput(run: run.id, taskID: task, mapIndex: mapIndex)
                } else {
                    try await store.storedOutput(run: run.id, taskID: task)
                }
        }
        if let stored, let refusal = try await refusal(of: stored, task, run) { return .refused(refusal) }
        return .value(Array((stored?.value ?? "null").utf8))
    }

    /// Why the version that the run is pinned to cannot read an output, which another version has left; nil when it can.
    private func refusal(of stored: StoredOutput, _ taskID: String, _ run: QueriedRun) async throws -> String? {
        guard let task = run.graph.index[taskID], let expected = run.works[task].outputSchema else { return nil }
        let document = run.graph.tasks[task]
        for schema in stored.schemas.subtracting([expected]).sorted() {
            guard let old = try await store.outputSchema(schema), let shape = document.outputShape,
                let mismatch = OutputShape.mismatch(reading: old.shape, as: shape)
            else { continue }
            return """
                the output of task \(taskID) was stored as \(old.type) by another version of the DAG, and this version reads \
                \(document.outputType): \(mismatch); clear \(taskID) too, so that it runs again
                """
        }
        return nil
    }
}

extension Leader {
    /// How often the large outputs are looked through for those of no use, and for those that could not be moved, in microseconds.
    private static let sweepInterval: Int64 = 600_000_000
    private static let moveInterval: Int64 = 60_000_000
    /// How old an output of no use has to be to be removed.
    private static let leastAge = Duration.seconds(600)

    /// Removes large outputs that nothing names, and moves those of successes to where the installation wants them.
    func tendOutputs() async {
        let now = clock.now()
        guard !isTendingOutputs, areOutputsDue || now.monotonic - outputsTendedAt >= Self.moveInterval else { return }
        (isTendingOutputs, areOutputsDue, outputsTendedAt) = (true, false, now.monotonic)
        defer { isTendingOutputs = false }
        do {
            if now.monotonic - outputsSweptAt >= Self.sweepInterval {
                outputsSweptAt = now.monotonic
                _ = try await store.removeUnreferencedOutputs(
                    before: now.wall - Self.leastAge, epoch: epoch, isWanted: { await self.mayStillSucceed($0) })
            }
            try await moveOutputs()
        } catch {
            log.warning("Large outputs: \(error)")
        }
    }

    private func mayStillSucceed(_ attempt: Int64) -> Bool {
        let id = AttemptID(rawValue: attempt)
        return core.run(of: id) != nil || isUncommitted(id)
    }

    private func moveOutputs() async throws {
        guard let target = options.outputPlace else { return }
        var last: Int64 = 0
        while let stored = try await store.outputHere(after: last), !isEnding {
            last = stored.attempt
            do { try await store.move(stored, to: target.place(of: stored)) } catch StoreError.outputDamaged(
                let sentence)
            {
                log.error("\(sentence)")
            }
        }
    }
}

extension OutputPlace {
    /// Where an output is kept: under its content's SHA-256, and under its attempt's number, so that no two attempts share an object and each can be
    /// removed without a look at the others.
    fileprivate func place(of stored: StoredLargeOutput) -> OutputPlace {
        let folder = uri.hasSuffix("/") ? uri : uri + "/"
        let instance = stored.mapIndex < 0 ? stored.taskID : "\(stored.taskID).\(stored.mapIndex)"
        return OutputPlace(
            uri: "\(folder)\(stored.dagID ?? "dag")/\(instance)/\(stored.attempt)/\(stored.output.sha256).json",
            connection: connection)
    }
}
