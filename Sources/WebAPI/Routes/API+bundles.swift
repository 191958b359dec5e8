internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    var bundleRoutes: [Route] {
        [
            .get("/api/v2/importErrors") { try await listImportErrors($0) },
            .get("/api/v2/importErrors/{import_error_id}") { try await importError($0) },
            .get("/api/v2/dagBundles") { _ in
                let bundles = try await store.bundles()
                return .json(.page("dag_bundles", bundles.map(\.answer), total: bundles.count))
            },
            .get("/api/v2/dagBundles/{bundle_name}") { .json(try await bundle($0).answer) },
            .post("/api/v2/dagBundles/{bundle_name}/sync") { request in
                let bundle = try await bundle(request)
                try await store.requestSync(bundle: bundle.name)
                return .json(bundle.answer, status: .accepted)
            },
        ]
    }

    private func listImportErrors(_ request: APIRequest) async throws -> Response {
        var reader = request.query
        let (limit, offset) = reader.paging()
        let name = reader.text("filename_pattern").flatMap(likePart)
        let bundle = reader.text("bundle_name")
        try reader.finish()
        let errors = try await store.importErrors().filter { error in
            (name.map { error.file.contains($0) } ?? true) && (bundle.map { error.bundle == $0 } ?? true)
        }
        return .json(
            .page("import_errors", errors.dropFirst(offset).prefix(limit).map(\.answer), total: errors.count))
    }

    private func importError(_ request: APIRequest) async throws -> Response {
        let id = try request.path("import_error_id")
        guard let error = try await store.importErrors().first(where: { String($0.id) == id }) else {
            throw APIError.notFound("The ImportError with import_error_id: `\(id)` was not found")
        }
        return .json(error.answer)
    }

    private func bundle(_ request: APIRequest) async throws -> BundleRecord {
        let name = try request.path("bundle_name")
        let bundles = try await store.bundles()
        guard let bundle = bundles.first(where: { $0.name == name }) else {
            throw APIError.notFound(
                "The Bundle with name: `\(name)` was not found\(suggestionText(for: name, among: bundles.map(\.name)))")
        }
        return bundle
    }
}
