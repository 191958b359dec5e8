internal import DAGBundles
internal import DAGModel
internal import Store

/// The DAGs of a build that call an asset otherwise than another DAG does: a name with two URIs, or a URI with two names. They are import
/// errors and keep their last good version. DAGs that are in use as they are come first, then the others by their ids.
struct AssetConflicts {
    private var problems: [String: DAGProblem] = [:]

    /// - Parameter current: The current versions of all DAGs that are there.
    init(_ build: BundleBuild, current: [String: VersionRecord]) {
        let built = build.dags.sorted { $0.id < $1.id }
        let ids = Set(built.map(\.id))
        var book = AssetBook()
        for other in current.values.sorted(by: { $0.dagID < $1.dagID }) where !ids.contains(other.dagID) {
            _ = book.add(other.document)
        }
        let isKept = { (dag: DAGVersion) in
            current[dag.id].map { $0.document.assetKeys == dag.description.document.assetKeys } ?? false
        }
        for dag in built.filter(isKept) + built.filter({ !isKept($0) }) {
            problems[dag.id] = book.add(dag.description.document)
        }
    }

    subscript(dagID: String) -> DAGProblem? { problems[dagID] }

    func errors(of build: BundleBuild) -> [ImportError] {
        build.units.compactMap { unit in
            guard let problem = unit.dag.flatMap({ problems[$0.id] }) else { return nil }
            return ImportError(file: unit.path, line: problem.line > 0 ? problem.line : nil, message: problem.message)
        }
    }
}
