public import DAGModel
internal import FoundationEssentials
package import WorkerProtocol

/// Thrown by a body that waits without a process and without a slot: the attempt ends, and the body runs again when what it waits for
/// has come. Made by the `suspend` functions of ``TaskContext``.
public struct Suspend: Error, Sendable, CustomStringConvertible {
    package let suspension: Suspension

    package init(_ suspension: Suspension) { self.suspension = suspension }

    public var description: String { suspension.sentence }
}

/// Why a body runs again in the same try, and what it kept; see ``TaskContext/resumption``.
public struct Resumption: Sendable {
    let wait: TaskWait

    /// What ended the wait.
    public var cause: WakeCause { wait.cause ?? .time }
    /// 1 after the first wait of this try.
    public var number: Int { wait.number }
    /// When the wait began.
    public var since: Instant { wait.since }

    /// What was kept with `keeping:`.
    ///
    /// - Throws: ``FailTask`` when nothing was kept, or something else.
    public func kept<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        guard !wait.suspension.saved.isEmpty else {
            throw FailTask("nothing was kept over the wait: suspend with keeping: to keep a \(type)")
        }
        return try decoded(Array(wait.suspension.saved.utf8), type, "what was kept over the wait")
    }

    /// What was sent along with the event; nil when something else ended the wait.
    ///
    /// - Throws: ``FailTask`` when the data are not of this type.
    public func event<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value? {
        guard case .event(let data) = cause else { return nil }
        return try decoded(Array(data.compactJSON.utf8), type, "what was sent with the event")
    }

    private func decoded<Value: Decodable>(_ bytes: [UInt8], _ type: Value.Type, _ what: String) throws -> Value {
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw FailTask("\(what) is not a \(type): \(error)")
        }
    }
}

extension TaskContext {
    /// What the body goes on from; nil when the try begins.
    ///
    /// ```swift
    /// let result = task("train_remotely", data) { context, data in
    ///     guard let resumption = context.resumption else {
    ///         let job = try await submit(data)
    ///         try context.suspend(awaiting: "job/\(job.id)", timeout: .hours(6), keeping: job)
    ///     }
    ///     return try await fetch(resumption.kept(Job.self))
    /// }
    /// ```
    ///
    /// A body that is lost with its worker after a wait goes on from the same wait again; a retry begins anew.
    public var resumption: Resumption? { spec.resumption.map(Resumption.init) }

    /// Waits until a time: the process ends, the slot is free, and the body runs again then, in the same try.
    ///
    /// - Parameter saved: What ``Resumption/kept(_:)`` gives back; at most 16 KiB of JSON. Defaults to nothing.
    /// - Throws: ``Suspend``, always: let it through.
    public func suspend(until time: Instant, keeping saved: (any Encodable & Sendable)? = nil) throws -> Never {
        throw try suspension(.time, until: time, keeping: saved)
    }

    /// Waits so long, as ``suspend(until:keeping:)``.
    public func suspend(for time: Duration, keeping saved: (any Encodable & Sendable)? = nil) throws -> Never {
        throw try suspension(.time, until: .current + time, keeping: saved)
    }

    /// Waits for an event that somebody sends with `dagctl event send KEY` or `POST /api/v2/events`, as ``suspend(until:keeping:)``.
    ///
    /// An event that was sent after the attempt began counts, so that it does not matter whether the other side is faster.
    ///
    /// - Parameters:
    ///   - event: The key, at most 250 characters. Whoever knows it may wake the task: put something unique in it, such as a job's id.
    ///   - timeout: When it is over, the attempt fails, and is tried again if it has retries. Defaults to no limit.
    ///   - goesOnAtTimeout: The body runs again instead, with the cause ``WakeCause/deadline``. Defaults to false.
    public func suspend(
        awaiting event: String, timeout: Duration? = nil, goesOnAtTimeout: Bool = false,
        keeping saved: (any Encodable & Sendable)? = nil
    ) throws -> Never {
        var suspend = try suspension(.event(key: event), until: timeout.map { .current + $0 }, keeping: saved)
            .suspension
        suspend.failsAtDeadline = !goesOnAtTimeout
        throw Suspend(suspend)
    }

    /// Waits for a person, as ``suspend(until:keeping:)``; the cause is then ``WakeCause/answer(_:)``. Tasks that do nothing else are declared
    /// with ``approval`` and ``ask``.
    ///
    /// - Parameter deadline: When it is over, the request's defaults hold; without defaults the attempt fails. Defaults to no limit.
    public func suspend(
        asking request: InputRequest, deadline: Duration? = nil, keeping saved: (any Encodable & Sendable)? = nil
    ) throws -> Never {
        throw try suspension(.person(request), until: deadline.map { .current + $0 }, keeping: saved)
    }

    private func suspension(
        _ wait: Suspension.Wait, until: Instant?, keeping saved: (any Encodable & Sendable)?
    ) throws -> Suspend {
        let text = try saved.map { String(decoding: try encodeOutput($0), as: UTF8.self) } ?? ""
        let suspension = Suspension(wait, until: until, saved: text)
        if let problem = suspension.problem { throw FailTask(problem) }
        return Suspend(suspension)
    }
}

extension AttemptOutcome {
    /// The outcome of an attempt that waits, if what it waits for can come.
    package init(_ suspend: Suspend) {
        if let problem = suspend.suspension.problem {
            self = .failed(AttemptFailure(.final, problem))
        } else {
            self = .suspended(suspend.suspension)
        }
    }
}
