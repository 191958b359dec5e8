/// What an attempt waits for that gave its slot back: its process is gone, and another one goes on when the time has come.
public struct Suspension: Sendable, Hashable {
    public enum Wait: Sendable, Hashable {
        /// A sensor looks again at `until`.
        case poke
        /// It goes on at `until`.
        case time
        /// Somebody says that something happened; see `dagctl event send`.
        case event(key: String)
        /// A person answers.
        case person(InputRequest)
    }

    public var wait: Wait
    /// When it goes on. For an event or a person: when the waiting is over without it; nil for never.
    public var until: Instant?
    /// What happens when an event has not come by then: the attempt fails, or goes on and is told so.
    public var failsAtDeadline: Bool
    /// JSON text that the attempt gets back when it goes on; empty for none.
    public var saved: String

    public init(_ wait: Wait, until: Instant?, failsAtDeadline: Bool = true, saved: String = "") {
        self.wait = wait
        self.until = until
        self.failsAtDeadline = failsAtDeadline
        self.saved = saved
    }

    /// The most bytes that an attempt may leave for the one that goes on.
    public static let maximumSaved = 16_384
    /// The most bytes of a wait in its written form.
    public static let maximumSize = 65_536
    private static let times: ClosedRange<Int64> = 0...253_402_300_799_999_999
    /// The longest key of an event, in characters.
    public static let maximumKey = 250

    /// The state of the instance while it waits.
    public var state: TaskState {
        switch wait {
        case .poke: .upForReschedule
        case .time, .event: .deferred
        case .person: .awaitingInput
        }
    }

    /// What is waited for, for people.
    public var sentence: String {
        let end = until.map { $0.isoformat }
        switch wait {
        case .poke: return "looks again at \(end ?? "no time")"
        case .time: return "waits until \(end ?? "no time")"
        case .event(let key): return "waits for event \(key)\(end.map { ", at most until \($0)" } ?? "")"
        case .person(let request): return "waits for an answer\(end.map { " until \($0)" } ?? ""): \(request.subject)"
        }
    }

    /// Why nobody can wait for this; nil when one can.
    public var problem: String? {
        if saved.utf8.count > Self.maximumSaved {
            return """
                the attempt keeps \(saved.utf8.count) bytes while it waits; at most \(Self.maximumSaved) are kept: write them to S3 and \
                keep the address
                """
        }
        if let until, !Self.times.contains(until.microseconds) {
            return "the attempt waits until a time that is not between the years 1970 and 9999"
        }
        let size = json.compactJSON.utf8.count
        if size > Self.maximumSize {
            return "what the attempt waits for has \(size) bytes; at most \(Self.maximumSize) are kept"
        }
        switch wait {
        case .poke, .time: return until == nil ? "the attempt waits for a time and does not say which" : nil
        case .event(let key):
            guard key.isEmpty || key.count > Self.maximumKey || key.utf8.contains(0) else { return nil }
            return "the key of an event has 1 to \(Self.maximumKey) characters, this one \(key.count)"
        case .person(let request): return request.problems.first
        }
    }
}

/// Why suspended work goes on.
public enum WakeCause: Sendable, Hashable {
    /// The time that it waited for has come.
    case time
    /// The event came, with what was sent along.
    case event(JSONValue)
    /// A person answered, or the defaults hold because nobody did in time.
    case answer(InputAnswer)
    /// Nothing came in time.
    case deadline
}

/// A wait of a task instance: it goes on, or has gone on when there is a cause.
public struct TaskWait: Sendable, Hashable {
    public var suspension: Suspension
    /// 1 for the first wait of a try.
    public var number: Int
    public var since: Instant
    public var cause: WakeCause?

    public init(_ suspension: Suspension, number: Int, since: Instant, cause: WakeCause? = nil) {
        self.suspension = suspension
        self.number = number
        self.since = since
        self.cause = cause
    }

    /// What is kept of a wait once its task has ended: what a person was asked.
    public var record: TaskWait? {
        guard case .person = suspension.wait else { return nil }
        var record = self
        record.suspension.saved = ""
        return record
    }

    /// The request, when it is a person who is waited for.
    public var request: InputRequest? {
        if case .person(let request) = suspension.wait { request } else { nil }
    }

    /// The key of the event that is waited for now.
    public var awaitedEvent: String? {
        if cause == nil, case .event(let key) = suspension.wait { key } else { nil }
    }
}
