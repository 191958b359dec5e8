// The one written form of waits: in the database and between processes.
extension TaskWait {
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "suspension": suspension.json, "number": .int(Int64(number)), "since": .int(since.microseconds),
        ]
        members["cause"] = cause?.json
        return .object(members)
    }

    /// A wait from its written form; nil when it is none.
    public init?(json text: String) {
        var reader = JSONReader(text)
        guard let value = reader.read(), let suspension = value["suspension"].flatMap(Suspension.init(json:)),
            case .int(let number)? = value["number"], let since = value["since"]?.instant
        else { return nil }
        self.init(suspension, number: Int(number), since: since, cause: value["cause"].flatMap(WakeCause.init(json:)))
    }
}

extension Suspension {
    public var json: JSONValue {
        var members: [String: JSONValue] = [:]
        switch wait {
        case .poke: members["kind"] = .string("poke")
        case .time: members["kind"] = .string("time")
        case .event(let key): (members["kind"], members["key"]) = (.string("event"), .string(key))
        case .person(let request): (members["kind"], members["request"]) = (.string("person"), request.json)
        }
        if let until { members["until"] = .int(until.microseconds) }
        if !failsAtDeadline { members["goesOn"] = .bool(true) }
        if !saved.isEmpty { members["saved"] = .string(saved) }
        return .object(members)
    }

    public init?(json value: JSONValue) {
        let wait: Wait
        switch value["kind"]?.stringValue {
        case "poke": wait = .poke
        case "time": wait = .time
        case "event":
            guard let key = value["key"]?.stringValue else { return nil }
            wait = .event(key: key)
        case "person":
            guard let request = value["request"].flatMap(InputRequest.init(json:)) else { return nil }
            wait = .person(request)
        default: return nil
        }
        self.init(
            wait, until: value["until"]?.instant, failsAtDeadline: value["goesOn"] != .bool(true),
            saved: value["saved"]?.stringValue ?? "")
    }

    /// The kind of wait, as it is written.
    public var kind: String {
        switch wait {
        case .poke: "poke"
        case .time: "time"
        case .event: "event"
        case .person: "person"
        }
    }
}

extension WakeCause {
    fileprivate var json: JSONValue {
        switch self {
        case .time: .string("time")
        case .deadline: .string("deadline")
        case .event(let data): .object(["event": data])
        case .answer(let answer): .object(["answer": answer.json])
        }
    }

    fileprivate init?(json value: JSONValue) {
        switch value {
        case .string("time"): self = .time
        case .string("deadline"): self = .deadline
        default:
            if let data = value["event"] {
                self = .event(data)
            } else {
                guard let answer = value["answer"].flatMap(InputAnswer.init(json:)) else { return nil }
                self = .answer(answer)
            }
        }
    }
}

extension InputRequest {
    public var json: JSONValue {
        .object([
            "subject": .string(subject), "body": .string(body), "options": .texts(options),
            "defaults": .texts(defaults),
            "multiple": .bool(isMultiple), "params": .object(params), "assignees": .texts(assignees),
        ])
    }

    public init?(json value: JSONValue) {
        guard let subject = value["subject"]?.stringValue, let options = value["options"]?.texts else { return nil }
        self.init(
            subject: subject, body: value["body"]?.stringValue ?? "", options: options,
            defaults: value["defaults"]?.texts ?? [], isMultiple: value["multiple"] == .bool(true),
            params: value["params"]?.members ?? [:], assignees: value["assignees"]?.texts ?? [])
    }
}

extension InputAnswer {
    public var json: JSONValue {
        .object([
            "chosen": .texts(chosen), "params": .object(params), "by": by.map(JSONValue.string) ?? .null,
            "at": .int(at.microseconds),
        ])
    }

    public init?(json value: JSONValue) {
        guard let chosen = value["chosen"]?.texts, let at = value["at"]?.instant else { return nil }
        self.init(
            chosen: chosen, params: value["params"]?.members ?? [:], by: value["by"]?.stringValue, at: at)
    }
}

extension JSONValue {
    fileprivate static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

    fileprivate var texts: [String]? {
        guard case .array(let elements) = self else { return nil }
        return elements.compactMap(\.stringValue)
    }

    fileprivate var members: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    fileprivate var instant: Instant? {
        guard case .int(let microseconds) = self else { return nil }
        return Instant(microseconds: microseconds)
    }
}
