internal import DAGModel

/// The compiling and describing of one tree's units.
struct BuildJob: Sendable {
    let compiler: Compiler
    let describer: Describer
    let identity: String
    let sources: SourceFiles
    let contents: BundleContents
    let artifacts: FolderArtifactStore
    let results: UnitResults
    let modules: ModuleCache

    struct Outcome: Sendable {
        var key: String
        var result: UnitResult
    }

    /// What each unit of the contents came to, in their order.
    func run() async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes = [Outcome?](repeating: nil, count: contents.units.count)
            for (index, unit) in contents.units.enumerated() {
                if let known = known(unit) {
                    outcomes[index] = known
                } else {
                    group.addTask { (index, try await build(unit)) }
                }
            }
            for try await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes.compactMap { $0 }
        }
    }

    private func known(_ unit: BundleUnit) -> Outcome? {
        guard let needed = contents.modules(neededBy: unit.imports) else { return nil }
        let key = key(of: unit, needed)
        guard let result = results[key] else { return nil }
        if case .described = result, !artifacts.has(key) { return nil }
        return Outcome(key: key, result: result)
    }

    private func build(_ unit: BundleUnit) async throws -> Outcome {
        guard let needed = contents.modules(neededBy: unit.imports) else {
            let names = unit.imports.sorted().joined(separator: ", ")
            let error = ImportError(
                file: unit.path, message: "the modules it imports (\(names)) import each other in a circle")
            return Outcome(key: "", result: .failed([error]))
        }
        let key = key(of: unit, needed)
        var compiled: [CompiledModule] = []
        for module in needed {
            let dependencies = compiled
            let outcome = try await modules.compiled(module, key: moduleKey(of: module)) {
                try await compiler.compile(module, modules: dependencies)
            }
            switch outcome {
            case .success(let module): compiled.append(module)
            case .failure(let failure): return Outcome(key: key, result: .failed(failure.errors))
            }
        }
        switch try await compiler.compile(unit, modules: compiled) {
        case .failed(let errors):
            return try conclude(.failed(errors), key, isLasting: errors.contains { $0.line != nil })
        case .compiled(let object):
            try artifacts.put(key, object)
            return try await describe(unit, compiled, key)
        }
    }

    private func describe(_ unit: BundleUnit, _ modules: [CompiledModule], _ key: String) async throws -> Outcome {
        switch try await describer.describe(artifacts.path(key), of: unit.path) {
        case .described(let description): return try conclude(.described(description), key, isLasting: true)
        case .failed(let error):
            return try conclude(.failed([try await located(error, unit, modules)]), key, isLasting: error.line != nil)
        }
    }

    /// Optimised code often traps without a word; the same file without optimisation says where.
    private func located(
        _ error: ImportError, _ unit: BundleUnit, _ modules: [CompiledModule]
    ) async throws -> ImportError {
        guard error.line == nil, error.message.contains("crashed with signal"),
            case .compiled(let object) = try await compiler.compile(unit, modules: modules, isOptimised: false)
        else { return error }
        let id = sha256(object)
        try artifacts.put(id, object)
        defer { Disk.remove(artifacts.path(id)) }
        guard case .failed(let better) = try await describer.describe(artifacts.path(id), of: unit.path) else {
            return error
        }
        return better
    }

    private func conclude(_ result: UnitResult, _ key: String, isLasting: Bool) throws -> Outcome {
        try results.note(result, for: key, isLasting: isLasting)
        return Outcome(key: key, result: result)
    }

    private func key(of unit: BundleUnit, _ modules: [BundleModule]) -> String {
        sources.key(unit.sources, [identity, unit.moduleName] + modules.map(moduleKey))
    }

    private func moduleKey(of module: BundleModule) -> String {
        let dependencies = (contents.modules(neededBy: module.imports) ?? []).filter { $0.name != module.name }
        return sources.key(
            module.sources + dependencies.flatMap(\.sources), [identity, module.name] + dependencies.map(\.name))
    }
}
