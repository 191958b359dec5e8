package import DAGModel

/// What one state of a bundle came to: its DAGs and its import errors. The scheduler stores it.
package struct BundleBuild: Sendable, Hashable, Codable {
    /// The git commit; nil for a working copy.
    package var commit: String?
    /// The id of the exported tree.
    package var tree: String
    /// Sorted by path.
    package var units: [UnitBuild]
    /// Problems that belong to no unit: modules, and Swift files in the wrong place.
    package var errors: [ImportError]

    /// Everything that is wrong, units included.
    package var allErrors: [ImportError] { errors + units.flatMap(\.errors) }

    /// The DAGs that are in use.
    package var dags: [DAGVersion] { units.compactMap(\.dag) }
}

/// One DAG file, or folder with one, of a bundle.
package struct UnitBuild: Sendable, Hashable, Codable {
    /// The file with `@main`, relative to the bundle's root.
    package var path: String
    /// The version to use: this build's, or, with errors, the last one that worked; nil when none ever did.
    package var dag: DAGVersion?
    /// Why this build's version does not work; empty when it does.
    package var errors: [ImportError]
}

/// A version of a DAG: what a run is pinned to.
package struct DAGVersion: Sendable, Hashable, Codable {
    package var description: DAGDescription
    /// The id of the compiled file in the artifact store.
    package var artifact: String
    /// The id of the list of helper files (``HelperFiles``) in the artifact store.
    package var helpers: String
    package var commit: String?
    /// The id of the exported tree it was built from.
    package var tree: String

    package var id: String { description.document.id }
}
