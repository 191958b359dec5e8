internal import DAGModel
internal import Hummingbird
internal import Store

extension API {
    var monitorRoutes: [Route] {
        [
            .get("/api/v2/version") { _ in
                .json(.object(["version": .string(version), "git_version": .null]))
            },
            .get("/api/v2/monitor/health") { _ in .json(await health()) },
            .get("/health") { _ in .json(await health()) },
            .get("/") { _ in try await statusPage(withDetails: false) },
            .get("/status") { _ in try await statusPage(withDetails: true) },
            .get(API.leaderPath) { _ in try await leader() },
        ]
    }

    /// A scheduler that was silent for longer is not healthy; Airflow's `scheduler_health_check_threshold`.
    private static let silenceLimit = 30.0

    /// Airflow's `HealthInfoResponse`: always an answer, also while the database is away.
    private func health() async -> JSONValue {
        let leader = try? await store.leader()
        let scheduler: JSONValue =
            if let leader {
                .object([
                    "status": .string(leader.isHealthy(within: Self.silenceLimit) ? "healthy" : "unhealthy"),
                    "latest_scheduler_heartbeat": .time(leader.silence.map { now() - .seconds($0) }),
                ])
            } else {
                .object(["status": .null, "latest_scheduler_heartbeat": .null])
            }
        return .object([
            "metadatabase": .object(["status": .string(leader == nil ? "unhealthy" : "healthy")]),
            "scheduler": scheduler,
            "triggerer": .object(["status": .null, "latest_triggerer_heartbeat": .null]),
            "dag_processor": .object(["status": .null, "latest_dag_processor_heartbeat": .null]),
        ])
    }

    /// The one route that the worker token opens.
    static let leaderPath = "/api/v2/leader"

    /// Where workers reach the scheduler that leads; not a route of Airflow's.
    private func leader() async throws -> Response {
        guard let leader = try await store.leader(), !leader.address.isEmpty else {
            throw APIError.noLeader
        }
        return .json(
            .object([
                "address": .string(leader.address), "name": .string(leader.name), "epoch": .int(leader.epoch),
                "is_healthy": .bool(leader.isHealthy(within: Self.silenceLimit)),
            ]))
    }

    private func statusPage(withDetails: Bool) async throws -> Response {
        let leader = try await store.leader()
        let page = StatusPage(
            version: version, time: now(), scheduler: leader?.name ?? "",
            isHealthy: leader?.isHealthy(within: Self.silenceLimit) ?? false, runCounts: try await store.runCounts(),
            dags: withDetails ? try await store.dags(DAGQuery(limit: 1_000)) : nil)
        return page.response
    }
}

extension LeaderRecord {
    func isHealthy(within limit: Double) -> Bool { silence.map { $0 < limit } ?? false }
}

extension APIError {
    static let noLeader = APIError(
        status: .serviceUnavailable, detail: .string("no scheduler has led yet; start one"))
}
