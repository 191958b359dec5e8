internal import DAGKit
internal import DAGModel
internal import WorkerProtocol

extension AskApproval: OperatorRunner {
    func run(_ context: any OperatorContext) async throws -> Approval {
        let answer = try context.answer(to: request, deadline: deadline)
        let isApproved = answer.chosen == [Self.approve]
        let approval = Approval(approved: isApproved, by: answer.by)
        guard !isApproved, failsOnReject else { return approval }
        throw FailTask("rejected\(answer.by.map { " by \($0)" } ?? ": nobody answered in time")")
    }
}

extension AskPeople: OperatorRunner where Value == JSONValue {
    func run(_ context: any OperatorContext) async throws -> JSONValue {
        let answer = try context.answer(to: request, deadline: deadline)
        if isChoice { return .string(answer.chosen.first ?? "") }
        return .object([
            "chosen": .array(answer.chosen.map(JSONValue.string)),
            "params": .object(request.params.merging(answer.params) { $1 }),
            "by": answer.by.map(JSONValue.string) ?? .null,
        ])
    }
}

extension OperatorContext {
    /// The answer, once there is one.
    ///
    /// - Throws: ``Suspend`` to wait for it.
    fileprivate func answer(to request: InputRequest, deadline: Double?) throws -> InputAnswer {
        guard case .answer(let answer)? = spec.resumption?.cause else {
            log("waits for an answer: \(request.subject)")
            throw Suspend(Suspension(.person(request), until: deadline.map { .current + .seconds($0) }))
        }
        let names = answer.chosen.joined(separator: ", ")
        log(answer.by.map { "\($0) answered: \(names)" } ?? "nobody answered in time; the default holds: \(names)")
        return answer
    }
}
