internal import DAGModel
internal import FoundationEssentials
internal import WorkerProtocol

/// The output of a task that a body reads when it wants to, if at all, and as much of it as it wants. Made by ``Output/lazy``.
///
/// ```swift
/// task("sample", rows.lazy) { _, rows in
///     for try await row in rows.elements() where row.isBad { throw FailTask("row \(row.id) is bad") }
///     return try await rows.element(rows.count() - 1)
/// }
/// ```
public struct Lazy<Value: Codable & Sendable>: Codable, Sendable {
    let task: String
    let channel: any TaskChannel

    private enum CodingKeys: String, CodingKey { case task }

    public init(from decoder: any Decoder) throws {
        guard let channel = decoder.userInfo[.taskChannel] as? any TaskChannel else {
            throw FailTask(
                "a Lazy is what a body receives for an output that is passed with .lazy: nothing else makes one")
        }
        task = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .task)
        self.channel = channel
    }

    /// - Throws: ``FailTask`` always: a task returns values.
    public func encode(to encoder: any Encoder) throws {
        throw FailTask("a Lazy cannot be returned or stored: read its value()")
    }

    /// Reads the whole value.
    ///
    /// - Throws: ``FailTask`` when the task has left none, or one that this version cannot read, or when what is stored is damaged.
    public func value() async throws -> Value {
        try decoded(channel.ask(.output(task: task)), as: Value.self, "")
    }

    func decoded<Wanted: Decodable>(_ json: [UInt8], as type: Wanted.Type, _ what: String) throws -> Wanted {
        do { return try JSONDecoder().decode(type, from: Data(json)) } catch {
            throw FailTask("\(what)the output of task \(task) is not a \(type): \(error)")
        }
    }
}

extension Lazy {
    /// The number of elements of a list.
    ///
    /// - Throws: ``FailTask`` when the task has left no list.
    public func count<Element>() async throws -> Int where Value == [Element] {
        try decoded(channel.ask(.outputLength(task: task)), as: Int.self, "the length of ")
    }

    /// Reads one element of a list, and not the others.
    ///
    /// - Throws: ``FailTask`` when there is no such element.
    public func element<Element: Codable & Sendable>(_ index: Int) async throws -> Element where Value == [Element] {
        try decoded(channel.ask(.element(task: task, index: index)), as: Element.self, "element \(index) of ")
    }

    /// The elements of a list, in their order, read some at a time.
    public func elements<Element: Codable & Sendable>() -> LazyElements<Element> where Value == [Element] {
        LazyElements(list: self)
    }
}

/// The elements of a list that is read bit by bit; see ``Lazy/elements()``.
public struct LazyElements<Element: Codable & Sendable>: AsyncSequence, Sendable {
    let list: Lazy<[Element]>

    public func makeAsyncIterator() -> Iterator { Iterator(list: list) }

    public struct Iterator: AsyncIteratorProtocol {
        let list: Lazy<[Element]>
        private var taken = 0
        private var waiting: [Element] = []

        init(list: Lazy<[Element]>) { self.list = list }

        /// - Throws: ``FailTask`` when an element is not of the type, or what is stored is damaged.
        public mutating func next() async throws -> Element? {
            if waiting.isEmpty {
                let json = try list.channel.ask(.elements(task: list.task, from: taken))
                waiting = try list.decoded(json, as: [Element].self, "from element \(taken) on, ").reversed()
            }
            guard let element = waiting.popLast() else { return nil }
            taken += 1
            return element
        }
    }
}

extension Output where Value: Codable & Sendable {
    /// The same output, not read before the body asks for it: for lists of many elements, for the outputs of mapped tasks, and for what a body
    /// often does not need. The body receives a ``Lazy``.
    ///
    /// An element of a mapped group cannot be read so.
    public var lazy: Output<Lazy<Value>> {
        if case .element = origin {
            GraphBuilder.required("lazy").change { state in
                state.problems.append(DAGProblem("an element of a mapped group is read at once: leave .lazy out"))
            }
        }
        return Output<Lazy<Value>>(taskID: taskID, origin: origin, isLazy: true)
    }
}

extension CodingUserInfoKey {
    /// How a ``Lazy`` reaches the worker.
    static var taskChannel: CodingUserInfoKey {
        guard let key = CodingUserInfoKey(rawValue: "slipstream.taskChannel") else {
            preconditionFailure("a text is always a key")
        }
        return key
    }
}
