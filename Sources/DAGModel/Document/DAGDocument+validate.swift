/// Something wrong in a DAG's definition, with the line to look at (0 when unknown).
public struct DAGProblem: Sendable, Hashable, Codable, CustomStringConvertible {
    public var message: String
    public var line: Int

    public init(_ message: String, line: Int = 0) {
        self.message = message
        self.line = line
    }

    public var description: String { line > 0 ? "line \(line): \(message)" : message }
}

extension DAGDocument {
    /// Every problem of the definition at once; empty when the DAG can be scheduled.
    ///
    /// - Parameter knowsZone: whether the system has the rules of an IANA time zone. Defaults to yes for every name that could be one.
    public func validate(knowsZone: (String) -> Bool = { _ in true }) -> [DAGProblem] {
        var problems =
            idProblems + taskProblems + scheduleProblems(knowsZone) + groupProblems + limitProblems
            + assetProblems
        if tasks.isEmpty { problems.append(DAGProblem("DAG \(id) declares no task")) }
        if problems.isEmpty, let cycle = firstCycle() {
            problems.append(
                DAGProblem(
                    "the tasks form a cycle: \(cycle.joined(separator: " >> "))",
                    line: tasks.first { $0.id == cycle.first }?.line ?? 0))
        }
        problems += deadlines.enumerated().compactMap { $1.problem($0) }
        if maxActiveRuns < 1 { problems.append(DAGProblem("maxActiveRuns: must be at least 1, is \(maxActiveRuns)")) }
        if let start, let end, end < start {
            problems.append(DAGProblem("end \(end.iso8601) lies before start \(start.iso8601)"))
        }
        return problems
    }

    private func scheduleProblems(_ knowsZone: (String) -> Bool) -> [DAGProblem] {
        do {
            _ = try Timetable(schedule) { name in
                guard Self.isZoneName(name), knowsZone(name) else { throw UnknownZone(name: name) }
                return .utc
            }
            return []
        } catch let zone as UnknownZone {
            return [
                DAGProblem(
                    "DAG \(id): schedule: there is no time zone \"\(zone.name)\"; write an IANA name such as Europe/Berlin, or UTC"
                )
            ]
        } catch let error as CronError {
            return [
                DAGProblem(
                    "DAG \(id): schedule: \(error); write one such as \"0 3 * * *\", every day at 03:00, or \"@daily\"")
            ]
        } catch {
            return [DAGProblem("DAG \(id): \(error)")]
        }
    }

    private struct UnknownZone: Error {
        let name: String
    }

    private static func isZoneName(_ name: String) -> Bool {
        let words = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...100).contains(name.utf8.count)
            && words.allSatisfy { word in
                guard let first = word.utf8.first, first | 0x20 >= UInt8(ascii: "a") else { return false }
                return word.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
            }
    }

    private var idProblems: [DAGProblem] {
        var problems: [DAGProblem] = []
        if !isValidID(id) { problems.append(DAGProblem(idRule("the DAG id", id))) }
        var lines: [String: Int] = [:]
        for task in tasks {
            if !isValidID(task.id) { problems.append(DAGProblem(idRule("the task id", task.id), line: task.line)) }
            if let first = lines[task.id] {
                problems.append(
                    DAGProblem("task id \"\(task.id)\" is used twice, first on line \(first)", line: task.line))
            } else {
                lines[task.id] = task.line
            }
        }
        return problems
    }

    private var taskProblems: [DAGProblem] {
        let known = Set(tasks.map(\.id))
        return tasks.flatMap { task in
            var problems = task.upstream.filter { !known.contains($0) }.map {
                DAGProblem("task \(task.id) depends on \($0), which does not exist", line: task.line)
            }
            problems += task.problems(in: self)
            if task.retries < 0 {
                problems.append(DAGProblem("retries: must be at least 0, is \(task.retries)", line: task.line))
            }
            if task.retryDelay.base < 0 {
                problems.append(
                    DAGProblem("retryDelay: must not be negative, is \(task.retryDelay.base) s", line: task.line))
            }
            if let timeout = task.executionTimeout, timeout <= 0 {
                problems.append(DAGProblem("executionTimeout: must be above 0 s, is \(timeout) s", line: task.line))
            }
            return problems
        }
    }

    private func firstCycle() -> [String]? {
        let graph = DAGGraph(self)
        guard graph.order.count < tasks.count else { return nil }
        var next = graph.tasks.indices.first { !graph.order.contains($0) } ?? 0
        var path: [Int] = []
        while !path.contains(next) {
            path.append(next)
            guard let upstream = graph.upstream[next].first(where: { !graph.order.contains($0) }) else { return nil }
            next = upstream
        }
        let cycle = path[(path.firstIndex(of: next) ?? 0)...].reversed() + [path.last ?? next]
        return cycle.map { graph.tasks[$0].id }
    }
}

/// Whether a DAG, task or run id uses only letters, digits, `_`, `-`, `.` and has 1 to 250 characters, as Airflow demands.
public func isValidID(_ id: String) -> Bool {
    (1...250).contains(id.utf8.count)
        && id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
}

private func idRule(_ what: String, _ id: String) -> String {
    "\(what) \"\(id)\" must have 1 to 250 of the characters a-z, A-Z, 0-9, '_', '-' and '.'"
}
