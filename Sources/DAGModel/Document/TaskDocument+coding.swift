// Settings with their default values are left out, so that a document keeps its bytes, and its fingerprint, when Slipstream learns new
// settings, and documents of earlier versions can be read.
extension TaskDocument {
    private enum CodingKeys: String, CodingKey {
        case id, kind, upstream, inputs, mappedCount, mappedHash, triggerRule, retries, retryDelay, executionTimeout,
            uses, doc
        case outputType, outputShape, line, role, group, expansion, mapIndexTemplate, limits, past, owner, retryPolicy,
            callbacks, outlets, inlets
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        kind = try values.decode(TaskKind.self, forKey: .kind)
        upstream = try values.decode([String].self, forKey: .upstream)
        inputs = try values.decode([TaskInput].self, forKey: .inputs)
        mappedCount = try values.decodeIfPresent(Int.self, forKey: .mappedCount)
        mappedHash = try values.decodeIfPresent(String.self, forKey: .mappedHash)
        triggerRule = try values.decode(TriggerRule.self, forKey: .triggerRule)
        retries = try values.decode(Int.self, forKey: .retries)
        retryDelay = try values.decode(RetryDelay.self, forKey: .retryDelay)
        executionTimeout = try values.decodeIfPresent(Double.self, forKey: .executionTimeout)
        uses = try values.decode([Use].self, forKey: .uses)
        doc = try values.decodeIfPresent(String.self, forKey: .doc)
        outputType = try values.decode(String.self, forKey: .outputType)
        outputShape = try values.decodeIfPresent(JSONValue.self, forKey: .outputShape)
        line = try values.decode(Int.self, forKey: .line)
        role = try values.decodeIfPresent(TaskRole.self, forKey: .role) ?? .work
        group = try values.decodeIfPresent(String.self, forKey: .group)
        expansion = try values.decodeIfPresent(Expansion.self, forKey: .expansion)
        mapIndexTemplate = try values.decodeIfPresent(Template.self, forKey: .mapIndexTemplate)
        limits = try values.decodeIfPresent(TaskLimits.self, forKey: .limits) ?? TaskLimits()
        past = try values.decodeIfPresent(PastDependency.self, forKey: .past) ?? PastDependency()
        owner = try values.decodeIfPresent(String.self, forKey: .owner)
        retryPolicy = try values.decodeIfPresent(RetryPolicy.self, forKey: .retryPolicy) ?? RetryPolicy()
        callbacks = try values.decodeIfPresent([CallbackKind].self, forKey: .callbacks) ?? []
        outlets = try values.decodeIfPresent([Asset].self, forKey: .outlets) ?? []
        inlets = try values.decodeIfPresent([Asset].self, forKey: .inlets) ?? []
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(kind, forKey: .kind)
        try values.encode(upstream, forKey: .upstream)
        try values.encode(inputs, forKey: .inputs)
        try values.encodeIfPresent(mappedCount, forKey: .mappedCount)
        try values.encodeIfPresent(mappedHash, forKey: .mappedHash)
        try values.encode(triggerRule, forKey: .triggerRule)
        try values.encode(retries, forKey: .retries)
        try values.encode(retryDelay, forKey: .retryDelay)
        try values.encodeIfPresent(executionTimeout, forKey: .executionTimeout)
        try values.encode(uses, forKey: .uses)
        try values.encodeIfPresent(doc, forKey: .doc)
        try values.encode(outputType, forKey: .outputType)
        try values.encodeIfPresent(outputShape, forKey: .outputShape)
        try values.encode(line, forKey: .line)
        try values.encode(role, forKey: .role, unless: .work)
        try values.encodeIfPresent(group, forKey: .group)
        try values.encodeIfPresent(expansion, forKey: .expansion)
        try values.encodeIfPresent(mapIndexTemplate, forKey: .mapIndexTemplate)
        try values.encode(limits, forKey: .limits, unless: TaskLimits())
        try values.encode(past, forKey: .past, unless: PastDependency())
        try values.encodeIfPresent(owner, forKey: .owner)
        try values.encode(retryPolicy, forKey: .retryPolicy, unless: RetryPolicy())
        try values.encode(callbacks, forKey: .callbacks, unless: [])
        try values.encode(outlets, forKey: .outlets, unless: [])
        try values.encode(inlets, forKey: .inlets, unless: [])
    }
}

extension KeyedEncodingContainer {
    mutating func encode<Value: Encodable & Equatable>(
        _ value: Value, forKey key: Key, unless defaultValue: Value
    ) throws {
        if value != defaultValue { try encode(value, forKey: key) }
    }
}
