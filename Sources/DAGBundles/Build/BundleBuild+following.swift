extension BundleBuild {
    /// The build with what the last one decides: who owns an id, and which version goes on where a file is broken.
    func following(_ previous: BundleBuild?) -> BundleBuild {
        var build = self
        build.settleIDs(previous)
        let before = Dictionary(
            (previous?.units ?? []).map { ($0.path, $0.dag) }, uniquingKeysWith: { first, _ in first })
        let taken = Set(build.units.filter(\.errors.isEmpty).compactMap { $0.dag?.id })
        for index in build.units.indices where !build.units[index].errors.isEmpty {
            let last = before[build.units[index].path] ?? nil
            // The id may have moved on to a file that works.
            build.units[index].dag = last.flatMap { taken.contains($0.id) ? nil : $0 }
        }
        return build
    }

    /// A DAG id belongs to the file that had it first: in the last build, or else in the order of the paths.
    private mutating func settleIDs(_ previous: BundleBuild?) {
        var owners: [String: String] = [:]
        for unit in previous?.units ?? [] {
            guard let id = unit.dag?.id, units.contains(where: { $0.path == unit.path && stillHas(id, $0) }) else {
                continue
            }
            owners[id] = unit.path
        }
        for index in units.indices {
            guard let id = units[index].dag?.id else { continue }
            guard let owner = owners[id], owner != units[index].path else {
                owners[id] = units[index].path
                continue
            }
            let path = units[index].path
            let error = ImportError(
                file: path, message: "DAG id \"\(id)\" belongs to \(owner) already: give the DAG in \(path) another id")
            units[index] = UnitBuild(path: path, dag: nil, errors: [error])
        }
    }

    /// A broken file keeps its id: nobody can say that it gave it up.
    private func stillHas(_ id: String, _ unit: UnitBuild) -> Bool { unit.dag == nil || unit.dag?.id == id }
}
