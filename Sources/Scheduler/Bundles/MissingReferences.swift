internal import DAGBundles
internal import DAGModel
internal import Store

/// The DAGs of a build that are to become current and name a pool, a connection or a variable that does not exist, or a pool that is too
/// small: import errors, and the DAGs keep their last good version until that has changed. What is current already stays so, whatever has
/// been deleted since.
struct MissingReferences {
    private struct Problem {
        let line: Int?
        let sentence: String
    }

    private var problems: [String: [Problem]] = [:]
    private let known: KnownReferences

    /// - Parameter current: The current versions of all DAGs that are there.
    init(_ build: BundleBuild, current: [String: VersionRecord], known: KnownReferences) {
        self.known = known
        for dag in build.dags where current[dag.id]?.fingerprint != dag.description.fingerprint {
            let document = dag.description.document
            let found = document.references.filter { !known.has($0) }.map(missing) + document.tasks.compactMap(tooLarge)
            if !found.isEmpty { problems[dag.id] = found }
        }
    }

    var isEmpty: Bool { problems.isEmpty }

    func concern(_ dagID: String) -> Bool { problems[dagID] != nil }

    func errors(of build: BundleBuild) -> [ImportError] {
        build.units.flatMap { unit in
            (unit.dag.flatMap { problems[$0.id] } ?? []).map { problem in
                ImportError(file: unit.path, line: problem.line, message: problem.sentence)
            }
        }
    }

    private func missing(_ reference: DAGReference) -> Problem {
        let who = reference.task.map { "task \($0)" } ?? "the DAG"
        let kind = reference.kind.rawValue
        let suggestion = suggestionText(for: reference.name, among: known.names(reference.kind))
        let optional = reference.kind == .pool ? "" : ", or declare it .optional(.\(kind)(\"\(reference.name)\"))"
        return Problem(
            line: reference.line,
            sentence:
                "\(who) names \(kind) \(reference.name), which does not exist\(suggestion.isEmpty ? "." : suggestion) "
                + "Make it with \(reference.remedy)\(optional)")
    }

    private func tooLarge(_ task: TaskDocument) -> Problem? {
        guard let slots = known.tooFewSlots(for: task) else { return nil }
        let (pool, wanted) = (task.limits.pool, task.limits.poolSlots)
        return Problem(
            line: task.line,
            sentence:
                "task \(task.id) takes \(wanted) slots of pool \(pool), which has \(slots): it could never start. "
                + "Enlarge the pool with dagctl pools set \(pool) \(wanted), or lower poolSlots")
    }
}
