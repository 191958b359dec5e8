internal import DAGBundles
internal import DAGModel
internal import Store

/// The DAGs of a build that are to become current and name a pool, a connection or a variable that does not exist: import errors, and the DAGs
/// keep their last good version until it does. What is current already stays so, whatever has been deleted since.
struct MissingReferences {
    private var missing: [String: [DAGReference]] = [:]
    private let known: KnownReferences

    /// - Parameter current: The current versions of all DAGs that are there.
    init(_ build: BundleBuild, current: [String: VersionRecord], known: KnownReferences) {
        self.known = known
        for dag in build.dags where current[dag.id]?.fingerprint != dag.description.fingerprint {
            let found = dag.description.document.references.filter { !known.has($0) }
            if !found.isEmpty { missing[dag.id] = found }
        }
    }

    var isEmpty: Bool { missing.isEmpty }

    func concern(_ dagID: String) -> Bool { missing[dagID] != nil }

    func errors(of build: BundleBuild) -> [ImportError] {
        build.units.flatMap { unit in
            (unit.dag.flatMap { missing[$0.id] } ?? []).map { reference in
                ImportError(file: unit.path, line: reference.line, message: sentence(reference))
            }
        }
    }

    private func sentence(_ reference: DAGReference) -> String {
        let who = reference.task.map { "task \($0)" } ?? "the DAG"
        let what = "\(reference.kind.rawValue) \(reference.name)"
        let optional =
            reference.kind == .pool
            ? "" : ", or declare it .optional(.\(reference.kind.rawValue)(\"\(reference.name)\"))"
        let suggestion = suggestionText(for: reference.name, among: known.names(reference.kind))
        return
            "\(who) names \(what), which does not exist\(suggestion.isEmpty ? "." : suggestion) Make it with \(reference.remedy)\(optional)"
    }
}
