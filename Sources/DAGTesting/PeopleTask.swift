internal import DAGKit
internal import DAGModel
internal import FoundationEssentials
internal import WorkerProtocol

/// A task that asks people, without the operator host that runs it on a worker.
struct PeopleTask {
    private let request: InputRequest
    private let deadline: Double?
    private let value: (InputAnswer) throws -> [UInt8]

    /// nil for every other task.
    init?(_ kind: TaskKind) {
        guard case .builtIn(let type, let fields) = kind else { return nil }
        let bytes = Data(fields.compactJSON.utf8), decoder = JSONDecoder()
        if type == AskApproval.operatorType, let ask = try? decoder.decode(AskApproval.self, from: bytes) {
            (request, deadline) = (ask.request, ask.deadline)
            value = { try encodeOutput(try ask.value(of: $0)) }
        } else if type == AskPeople<JSONValue>.operatorType,
            let ask = try? decoder.decode(AskPeople<JSONValue>.self, from: bytes)
        {
            (request, deadline) = (ask.request, ask.deadline)
            value = { try encodeOutput(ask.value(of: $0)) }
        } else {
            return nil
        }
    }

    func outcome(_ resumption: TaskWait?) -> AttemptOutcome {
        guard case .answer(let answer)? = resumption?.cause else {
            return .suspended(Suspension(.person(request), until: deadline.map { .current + .seconds($0) }))
        }
        do { return .success(output: try value(answer)) } catch { return AttemptOutcome(ofBodyThrowing: error) }
    }
}
