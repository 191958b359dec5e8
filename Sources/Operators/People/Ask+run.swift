internal import DAGKit
internal import DAGModel
internal import WorkerProtocol

extension AskApproval: OperatorRunner {
    func run(_ context: any OperatorContext) async throws -> Approval {
        try value(of: try context.answer(to: request, deadline: deadline))
    }
}

extension AskPeople: OperatorRunner where Value == JSONValue {
    func run(_ context: any OperatorContext) async throws -> JSONValue {
        value(of: try context.answer(to: request, deadline: deadline))
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
