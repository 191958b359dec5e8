internal import DAGModel
internal import Postgres

extension DAGDocument {
    /// Notes which assets the DAG names, as its current version does. What its queue holds of assets that its schedule no longer waits
    /// for is dropped.
    func assetStatements(now: Instant) -> [SQL] {
        let references = assetReferences
        return (references.isEmpty ? [] : [saveAssets(now)]) + [
            dropReferences(references), addReferences(references, now), dropQueue,
        ]
    }

    private struct Reference {
        let kind: String
        let taskID: String
        let asset: AssetKey
    }

    private var assetReferences: [Reference] {
        scheduleAssets.map { Reference(kind: "schedule", taskID: "", asset: $0.key) }
            + tasks.flatMap { task in
                task.outlets.map { Reference(kind: "outlet", taskID: task.id, asset: $0.key) }
                    + task.inlets.map { Reference(kind: "inlet", taskID: task.id, asset: $0.key) }
            }
    }

    /// In the same order by everybody, so that nobody waits in a circle.
    private func saveAssets(_ now: Instant) -> SQL {
        let named = (scheduleAssets + tasks.flatMap { $0.outlets + $0.inlets })
        let assets = Dictionary(named.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first }).values
            .sorted { ($0.name, $0.uri) < ($1.name, $1.uri) }
        return """
            INSERT INTO asset (name, uri, group_name, extra, created_at, updated_at)
            SELECT u.name, u.uri, u.group_name, u.extra, \(now.timestamp), \(now.timestamp)
            FROM unnest(
                \(assets.map(\.name))::text[], \(assets.map(\.uri))::text[], \(assets.map(\.group))::text[],
                \(assets.map { JSONValue.object($0.extra).compactJSON })::text[]
            ) WITH ORDINALITY AS u (name, uri, group_name, extra, place)
            ORDER BY u.place
            ON CONFLICT (name, uri) DO UPDATE
            SET group_name = excluded.group_name, extra = excluded.extra, updated_at = excluded.updated_at
            WHERE (asset.group_name, asset.extra) IS DISTINCT FROM (excluded.group_name, excluded.extra)
            """
    }

    private func dropReferences(_ references: [Reference]) -> SQL {
        """
        DELETE FROM asset_reference r WHERE r.dag_id = \(id) AND NOT EXISTS (
            SELECT FROM unnest(
                \(references.map(\.kind))::text[], \(references.map(\.taskID))::text[],
                \(references.map(\.asset.name))::text[], \(references.map(\.asset.uri))::text[]
            ) AS u (kind, task_id, name, uri) JOIN asset a ON a.name = u.name AND a.uri = u.uri
            WHERE u.kind = r.kind AND u.task_id = r.task_id AND a.id = r.asset)
        """
    }

    private func addReferences(_ references: [Reference], _ now: Instant) -> SQL {
        """
        INSERT INTO asset_reference (dag_id, kind, task_id, asset, created_at)
        SELECT \(id), u.kind, u.task_id, a.id, \(now.timestamp)
        FROM unnest(
            \(references.map(\.kind))::text[], \(references.map(\.taskID))::text[],
            \(references.map(\.asset.name))::text[], \(references.map(\.asset.uri))::text[]
        ) AS u (kind, task_id, name, uri) JOIN asset a ON a.name = u.name AND a.uri = u.uri
        ON CONFLICT DO NOTHING
        """
    }

    private var dropQueue: SQL {
        """
        DELETE FROM asset_queue q WHERE q.dag_id = \(id) AND NOT EXISTS (
            SELECT FROM asset_reference r WHERE r.dag_id = q.dag_id AND r.kind = 'schedule' AND r.asset = q.asset)
        """
    }
}
