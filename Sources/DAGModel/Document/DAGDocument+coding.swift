// As with tasks, settings with their default values are left out.
extension DAGDocument {
    private enum CodingKeys: String, CodingKey {
        case id, description, schedule, start, end, catchup, maxActiveRuns, isPausedUponCreation, tags, owner, params,
            uses, tasks
        case groups, limits, callbacks, deadlines, doc
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        description = try values.decodeIfPresent(String.self, forKey: .description)
        schedule = try values.decode(Schedule.self, forKey: .schedule)
        start = try values.decodeIfPresent(Instant.self, forKey: .start)
        end = try values.decodeIfPresent(Instant.self, forKey: .end)
        catchup = try values.decode(Bool.self, forKey: .catchup)
        maxActiveRuns = try values.decode(Int.self, forKey: .maxActiveRuns)
        isPausedUponCreation = try values.decode(Bool.self, forKey: .isPausedUponCreation)
        tags = try values.decode([String].self, forKey: .tags)
        owner = try values.decode(String.self, forKey: .owner)
        params = try values.decode(ParamsDocument.self, forKey: .params)
        uses = try values.decode([Use].self, forKey: .uses)
        tasks = try values.decode([TaskDocument].self, forKey: .tasks)
        groups = try values.decodeIfPresent([TaskGroupDocument].self, forKey: .groups) ?? []
        limits = try values.decodeIfPresent(DAGLimits.self, forKey: .limits) ?? DAGLimits()
        callbacks = try values.decodeIfPresent([CallbackKind].self, forKey: .callbacks) ?? []
        deadlines = try values.decodeIfPresent([DeadlineDocument].self, forKey: .deadlines) ?? []
        doc = try values.decodeIfPresent(String.self, forKey: .doc)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encodeIfPresent(description, forKey: .description)
        try values.encode(schedule, forKey: .schedule)
        try values.encodeIfPresent(start, forKey: .start)
        try values.encodeIfPresent(end, forKey: .end)
        try values.encode(catchup, forKey: .catchup)
        try values.encode(maxActiveRuns, forKey: .maxActiveRuns)
        try values.encode(isPausedUponCreation, forKey: .isPausedUponCreation)
        try values.encode(tags, forKey: .tags)
        try values.encode(owner, forKey: .owner)
        try values.encode(params, forKey: .params)
        try values.encode(uses, forKey: .uses)
        try values.encode(tasks, forKey: .tasks)
        try values.encode(groups, forKey: .groups, unless: [])
        try values.encode(limits, forKey: .limits, unless: DAGLimits())
        try values.encode(callbacks, forKey: .callbacks, unless: [])
        try values.encode(deadlines, forKey: .deadlines, unless: [])
        try values.encodeIfPresent(doc, forKey: .doc)
    }
}
