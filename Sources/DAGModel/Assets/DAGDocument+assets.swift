extension DAGDocument {
    /// The assets that the schedule waits for.
    package var scheduleAssets: [Asset] { schedule.assetCondition?.assets ?? [] }

    /// Every asset that the DAG names, with the line of the task (0 for the schedule).
    var namedAssets: [(asset: Asset, line: Int)] {
        scheduleAssets.map { ($0, 0) }
            + tasks.flatMap { task in (task.outlets + task.inlets).map { ($0, task.line) } }
    }

    /// What tells the assets that the DAG names from others.
    package var assetKeys: Set<AssetKey> { Set(namedAssets.map(\.asset.key)) }

    /// What is wrong with the DAG's assets by themselves.
    var assetProblems: [DAGProblem] {
        var problems: [DAGProblem] = []
        if schedule.assetCondition?.isEmpty == true {
            problems.append(DAGProblem("DAG \(id): schedule: name the assets that it waits for, at least one"))
        }
        if schedule.hasNoTimes {
            problems.append(
                DAGProblem(
                    "DAG \(id): schedule: or(assets:) stands after a schedule of times, as in Schedule.daily.or(assets: …); "
                        + "assets alone are Schedule.assets(…)"))
        }
        var book = AssetBook()
        for (asset, line) in namedAssets {
            if let problem = asset.problem { problems.append(DAGProblem("DAG \(id): \(problem)", line: line)) }
            if let problem = book.add(asset, of: id) { problems.append(DAGProblem(problem, line: line)) }
        }
        var seen: Set<DAGProblem> = []
        return problems.filter { seen.insert($0).inserted }
    }
}

/// Which URI belongs to which name: nobody may say otherwise.
package struct AssetBook: Sendable {
    private struct Entry {
        let key: AssetKey
        let dagID: String
    }

    private var byName: [String: Entry] = [:]
    private var byURI: [String: Entry] = [:]

    package init() {}

    /// Notes the assets of a DAG, unless one of them says otherwise than a DAG before.
    ///
    /// - Returns: What is wrong; nil when all are noted.
    package mutating func add(_ document: DAGDocument) -> DAGProblem? {
        var book = self
        for (asset, line) in document.namedAssets {
            if let problem = book.add(asset, of: document.id) { return DAGProblem(problem, line: line) }
        }
        self = book
        return nil
    }

    mutating func add(_ asset: Asset, of dagID: String) -> String? {
        let entry = Entry(key: asset.key, dagID: dagID)
        if let known = byName[asset.name], known.key.uri != asset.uri {
            return "asset \"\(asset.name)\" has the URI \(asset.uri) here and \(known.key.uri) \(place(known, dagID)): "
                + "a name has one URI; give one of them another name"
        }
        if let known = byURI[asset.uri], known.key.name != asset.name {
            return "the URI \(asset.uri) belongs to asset \"\(asset.name)\" here and to \"\(known.key.name)\" "
                + "\(place(known, dagID)): a URI has one name; declare the asset once and use it in both places"
        }
        byName[asset.name] = byName[asset.name] ?? entry
        byURI[asset.uri] = byURI[asset.uri] ?? entry
        return nil
    }

    private func place(_ entry: Entry, _ dagID: String) -> String {
        entry.dagID == dagID ? "elsewhere in the DAG" : "in DAG \(entry.dagID)"
    }
}
