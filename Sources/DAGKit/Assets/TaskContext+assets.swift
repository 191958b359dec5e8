public import DAGModel
internal import FoundationEssentials
internal import WorkerProtocol

extension TaskContext {
    /// Gives data along with the update of one of the task's `outlets`, for those who read it: ``AssetEvent/extra(_:)``. Kept only if the
    /// attempt succeeds; of several calls for one asset the last counts.
    ///
    /// - Parameter extra: Encodes as a JSON object of at most 16 KiB: a struct, or a dictionary by texts.
    /// - Throws: ``FailTask`` when the task does not update the asset, or the data are no JSON object or too large.
    public func setExtra(of asset: Asset, to extra: some Encodable) throws {
        guard outlets.contains(where: { $0.key == asset.key }) else {
            throw FailTask(
                "task \(taskID) does not update asset \(asset.name)\(suggestionText(for: asset.name, among: outlets.map(\.name))): "
                    + "declare it with .outlets(…)")
        }
        let bytes = try encodeOutput(extra)
        guard bytes.first == UInt8(ascii: "{") else {
            throw FailTask("the extra of asset \(asset.name) is no JSON object: give a struct or a dictionary by texts")
        }
        guard bytes.count <= Asset.longestExtra, !String(decoding: bytes, as: UTF8.self).contains("\\u0000") else {
            throw FailTask(
                "the extra of asset \(asset.name) has \(bytes.count) bytes; at most \(Asset.longestExtra), without NUL, are kept: "
                    + "write it to S3 and give its address")
        }
        channel.setExtra(OutletEvent(name: asset.name, uri: asset.uri, extra: bytes))
    }

    /// The updates of assets that caused the run, oldest first; none in a run that something else caused. At most the newest 1,000.
    public func triggeringAssetEvents() async throws -> [AssetEvent] {
        try events(.triggeringAssetEvents)
    }

    /// The updates of one asset that caused the run, oldest first.
    public func triggeringAssetEvents(of asset: Asset) async throws -> [AssetEvent] {
        try await triggeringAssetEvents().filter { $0.asset == asset.name && $0.uri == asset.uri }
    }

    /// The newest updates of one of the task's `inlets`, oldest first.
    ///
    /// - Parameter count: How many, at most 1,000. Defaults to 10.
    /// - Throws: ``FailTask`` when the asset is not among the inlets.
    public func inletEvents(of asset: Asset, last count: Int = 10) async throws -> [AssetEvent] {
        try events(.inletEvents(name: asset.name, uri: asset.uri, count: count))
    }

    private func events(_ query: Query) throws -> [AssetEvent] {
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(try channel.ask(query)))
        guard case .array(let events) = json else { return [] }
        return events.compactMap(AssetEvent.init)
    }
}
