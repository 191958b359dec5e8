/// Which assets have to be updated before a run: one, all of several, any of several, nested as one likes.
public indirect enum AssetCondition: Sendable, Hashable, Codable {
    case asset(Asset)
    case all([AssetCondition])
    case any([AssetCondition])

    /// Whether updates of these assets are enough.
    package func isMet(by updated: Set<AssetKey>) -> Bool {
        switch self {
        case .asset(let asset): updated.contains(asset.key)
        case .all(let conditions): conditions.allSatisfy { $0.isMet(by: updated) }
        case .any(let conditions): conditions.contains { $0.isMet(by: updated) }
        }
    }

    /// The assets that it names, each once, in their order.
    package var assets: [Asset] {
        var seen: Set<AssetKey> = []
        return allAssets.filter { seen.insert($0.key).inserted }
    }

    var allAssets: [Asset] {
        switch self {
        case .asset(let asset): [asset]
        case .all(let conditions), .any(let conditions): conditions.flatMap(\.allAssets)
        }
    }

    /// As one writes it: `raw && (clean || checked)`.
    package var text: String {
        switch self {
        case .asset(let asset): asset.name
        case .all(let conditions): conditions.map { $0.part(of: self) }.joined(separator: " && ")
        case .any(let conditions): conditions.map { $0.part(of: self) }.joined(separator: " || ")
        }
    }

    private func part(of outer: AssetCondition) -> String {
        switch (self, outer) {
        case (.any, .all), (.all, .any): "(\(text))"
        default: text
        }
    }

    /// It, or one of its parts, names no asset.
    var isEmpty: Bool {
        switch self {
        case .asset: false
        case .all(let conditions), .any(let conditions): conditions.isEmpty || conditions.contains(where: \.isEmpty)
        }
    }
}

/// What a schedule may wait for: an asset, or a combination of assets with `&&` and `||`.
public protocol AssetExpression: Sendable {
    var assetCondition: AssetCondition { get }
}

extension Asset: AssetExpression {
    public var assetCondition: AssetCondition { .asset(self) }
}

extension AssetCondition: AssetExpression {
    public var assetCondition: AssetCondition { self }
}

/// Both sides have to be updated.
public func && (left: some AssetExpression, right: some AssetExpression) -> AssetCondition {
    .all(
        [left.assetCondition, right.assetCondition].flatMap { side in
            if case .all(let parts) = side { parts } else { [side] }
        })
}

/// One of both sides has to be updated.
public func || (left: some AssetExpression, right: some AssetExpression) -> AssetCondition {
    .any(
        [left.assetCondition, right.assetCondition].flatMap { side in
            if case .any(let parts) = side { parts } else { [side] }
        })
}
