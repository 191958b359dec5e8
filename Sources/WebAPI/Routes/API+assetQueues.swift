internal import DAGModel
internal import HTTPTypes
internal import Hummingbird
internal import Store

// What waits in the queues of DAGs for the rest of what their schedules need.
extension API {
    var assetQueueRoutes: [Route] {
        let ofAsset = "/api/v2/assets/{asset_id}/queuedEvents"
        let ofDAG = "/api/v2/dags/{dag_id}/assets/queuedEvents"
        let ofBoth = "/api/v2/dags/{dag_id}/assets/{asset_id}/queuedEvents"
        return [
            .get(ofAsset) { try await listQueue($0, try await queueQuery($0)) },
            .delete(ofAsset) { try await clearQueue($0, try await queueQuery($0)) },
            .get(ofDAG) { try await listQueue($0, try await queueQuery($0)) },
            .delete(ofDAG) { try await clearQueue($0, try await queueQuery($0)) },
            .get(ofBoth) { try await queued($0) },
            .delete(ofBoth) { try await clearQueue($0, try await queueQuery($0)) },
        ]
    }

    /// What the path names; `~` for the DAG means all DAGs.
    private func queueQuery(_ request: APIRequest) async throws -> AssetQueueQuery {
        var query = AssetQueueQuery()
        if request.context.parameters.get("asset_id") != nil { query.asset = try await asset(request).id }
        if request.context.parameters.get("dag_id") != nil {
            let dagID = try request.path("dag_id")
            if dagID != "~" {
                guard try await store.dag(dagID) != nil else { throw try await noDAG(dagID) }
                query.dagID = dagID
            }
        }
        var reader = request.query
        query.before = reader.instant("before")
        try reader.finish()
        return query
    }

    private func listQueue(_ request: APIRequest, _ query: AssetQueueQuery) async throws -> Response {
        let found = try await store.queuedAssets(query)
        // Airflow answers so, too.
        if found.isEmpty, query.dagID != nil || query.asset != nil { throw Self.nothingQueued(query) }
        return .json(.page("queued_events", found.map(\.answer), total: found.count))
    }

    private func queued(_ request: APIRequest) async throws -> Response {
        let query = try await queueQuery(request)
        guard let found = try await store.queuedAssets(query).first else { throw Self.nothingQueued(query) }
        return .json(found.answer)
    }

    private func clearQueue(_ request: APIRequest, _ query: AssetQueueQuery) async throws -> Response {
        guard try await store.clearAssetQueue(query) else { throw Self.nothingQueued(query) }
        return Response(status: .noContent)
    }

    private static func nothingQueued(_ query: AssetQueueQuery) -> APIError {
        let names = [query.dagID.map { "dag_id: `\($0)`" }, query.asset.map { "asset_id: `\($0)`" }].compactMap(\.self)
        return .notFound("Queue event with \(names.joined(separator: " and ")) was not found")
    }
}
