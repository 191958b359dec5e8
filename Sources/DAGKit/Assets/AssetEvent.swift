public import DAGModel
internal import FoundationEssentials

/// One update of an asset.
public struct AssetEvent: Sendable {
    /// The name of the asset.
    public let asset: String
    public let uri: String
    public let timestamp: Instant
    /// The DAG whose task updated it; nil when somebody told of the update.
    public let sourceDAGID: String?
    public let sourceTaskID: String?
    public let sourceRunID: String?
    /// The position within a mapped task; -1 for any other.
    public let sourceMapIndex: Int
    let data: JSONValue

    /// What the task, or the person, gave along.
    ///
    /// - Throws: ``FailTask`` when it is not of this type.
    public func extra<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        do { return try JSONDecoder().decode(type, from: Data(data.compactJSON.utf8)) } catch {
            throw FailTask("what came with the update of asset \(asset) is not a \(type): \(error)")
        }
    }
}

extension AssetEvent {
    /// As the leader tells it.
    init?(_ json: JSONValue) {
        guard let asset = json["name"]?.stringValue, let uri = json["uri"]?.stringValue,
            case .int(let time)? = json["at"]
        else { return nil }
        self.asset = asset
        self.uri = uri
        timestamp = Instant(microseconds: time)
        sourceDAGID = json["dag_id"]?.stringValue
        sourceTaskID = json["task_id"]?.stringValue
        sourceRunID = json["run_id"]?.stringValue
        sourceMapIndex = if case .int(let index)? = json["map_index"] { Int(index) } else { -1 }
        data = json["extra"] ?? .object([:])
    }
}
