/// Data that tasks make and DAGs wait for: a file, a table, a model. Slipstream knows its name and address and never reads it.
///
/// ```swift
/// let strain = Asset("s3://raw/strain")
/// let model = Asset("detector", uri: "s3://models/gw", group: "models")
/// ```
///
/// Assets of the same name and URI are the same asset, in whichever DAG file they stand. A name has one URI, and a URI one name.
public struct Asset: Sendable, Hashable {
    /// Unique: what people and the command line call it. At most 1,000 bytes.
    public var name: String
    /// Where the data are. At most 1,000 bytes.
    public var uri: String
    /// A word to sort assets by. Defaults to `asset`.
    public var group: String
    /// Further facts for people. Defaults to none.
    public var extra: [String: JSONValue]

    /// - Parameters:
    ///   - name: Unique. An asset that is only given a URI is called by it.
    ///   - uri: Where the data are; trailing slashes and fragments are dropped, and the scheme is lower-cased. Defaults to the name.
    ///   - group: A word to sort assets by. Defaults to `asset`.
    ///   - extra: Further facts for people. Defaults to none.
    public init(_ name: String, uri: String? = nil, group: String = "asset", extra: [String: JSONValue] = [:]) {
        self.name = name
        self.uri = Asset.normalised(uri ?? name)
        self.group = group
        self.extra = extra
    }

    /// What makes it this asset.
    package var key: AssetKey { AssetKey(name: name, uri: uri) }
}

/// Tells one asset from all others.
package struct AssetKey: Sendable, Hashable {
    package var name: String
    package var uri: String

    package init(name: String, uri: String) {
        self.name = name
        self.uri = uri
    }
}

// What is not said stays out of the document.
extension Asset: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, uri, group, extra
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        uri = try values.decode(String.self, forKey: .uri)
        group = try values.decodeIfPresent(String.self, forKey: .group) ?? "asset"
        extra = try values.decodeIfPresent([String: JSONValue].self, forKey: .extra) ?? [:]
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encode(uri, forKey: .uri)
        try values.encode(group, forKey: .group, unless: "asset")
        try values.encode(extra, forKey: .extra, unless: [:])
    }
}
