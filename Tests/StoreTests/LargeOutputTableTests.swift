import DAGModel
import Postgres
import Store
import Synchronization
import Testing

/// Outputs above 64 KiB, in the database and beside it.
struct LargeOutputTableTests {
    private static let json = "[" + (0..<30_000).map { "\"\($0)\"" }.joined(separator: ",") + "]"
    private static let place = OutputPlace(uri: "s3://bucket/out/a.json", connection: "minio")

    /// A run whose task has left the output, by attempt 7.
    private func ended(_ bundle: StoreBundle, _ epoch: Int64) async throws -> RunRecord {
        let run = try await bundle.run()
        let committer = bundle.committer(epoch)
        _ = try await committer.commit(bundle.starting(run))
        try await keep(bundle, attempt: 7, run)
        var writes = bundle.ending(run)
        writes.outputs[0].value = ""
        _ = try await committer.commit(writes)
        return run
    }

    private func keep(_ bundle: StoreBundle, attempt: Int64, _ run: RunRecord) async throws {
        let (output, parts) = LargeOutput.cut(Array(Self.json.utf8))
        #expect(parts.count > 2)
        // The second time is a process that asks a new leader again.
        for _ in 0..<2 {
            try await bundle.first.keepOutput(
                output, attempt: attempt, run: run.id, taskID: "task", mapIndex: -1, now: StoreBundle.now)
            for part in parts { try await bundle.first.keepPart(part, attempt: attempt) }
        }
    }

    private func count(_ bundle: StoreBundle) async throws -> Int {
        try await bundle.first.pool.query("SELECT FROM large_output_part").count
    }

    private func expectWhole(_ store: StateStore, _ run: RunRecord) async throws {
        #expect(try await store.output(run: run.id, taskID: "task") == Self.json)
        #expect(try await store.xcom(run: run.id, taskID: "task", mapIndex: -1, key: "return_value") == Self.json)
        #expect(try await store.outputLength(run: run.id, taskID: "task") == 30_000)
        for index in [0, 1, 8_000, 15_000, 29_999] {
            #expect(try await store.storedElement(run: run.id, taskID: "task", index: index)?.value == "\"\(index)\"")
        }
        #expect(try await store.storedElement(run: run.id, taskID: "task", index: 30_000) == nil)
        var (read, batches) = (0, 0)
        while true {
            let batch = try await store.storedElements(run: run.id, taskID: "task", from: read).value
            let bytes = Array(batch.utf8)
            let elements = try #require(JSONElements.ranges(in: bytes))
            if elements.isEmpty { break }
            #expect(String(decoding: bytes[elements[0]], as: UTF8.self) == "\"\(read)\"")
            (read, batches) = (read + elements.count, batches + 1)
        }
        #expect(read == 30_000)
        #expect(batches < 8)
    }

    @Test func `a large output is read whole, by its elements and bit by bit`() async throws {
        let bundle = try await StoreBundle()
        let run = try await ended(bundle, try await bundle.lead())
        try await expectWhole(bundle.second, run)
        let shown = try await bundle.second.storedXCom(
            run: run.id, taskID: "task", mapIndex: -1, key: "return_value")
        guard case .large(let large)? = shown else { return #expect(Bool(false), "\(String(describing: shown))") }
        #expect(large.output.size == Self.json.utf8.count)
        #expect(large.reference == "postgresql:large_output/7")
    }

    @Test func `a part that is missing or damaged is an error that names the output, never another value`() async throws
    {
        let bundle = try await StoreBundle()
        let run = try await ended(bundle, try await bundle.lead())
        let pool = bundle.first.pool
        try await pool.query("UPDATE large_output_part SET content = set_byte(content, 5, 48) WHERE part = 0")
        let name = "the output of task task of run run of DAG dag (postgresql:large_output/7)"
        await #expect { try await bundle.first.output(run: run.id, taskID: "task") } throws: {
            "\($0)".hasPrefix("\(name) is not what was stored: its SHA-256 is ")
                && "\($0)".hasSuffix("so that it runs again")
        }
        await #expect { try await bundle.first.storedElement(run: run.id, taskID: "task", index: 3) } throws: {
            "\($0)".hasPrefix("\(name) is not what was stored: the SHA-256 of part 1 of 4 differs")
        }
        #expect(try await bundle.first.storedElement(run: run.id, taskID: "task", index: 29_999) != nil)
        try await pool.query("DELETE FROM large_output_part WHERE part = 0")
        await #expect { try await bundle.first.output(run: run.id, taskID: "task") } throws: {
            "\($0)".hasPrefix("\(name) has ") && "\($0)".contains(" bytes left of \(Self.json.utf8.count)")
        }
        await #expect { try await bundle.first.storedElement(run: run.id, taskID: "task", index: 3) } throws: {
            "\($0)".hasPrefix("\(name) is missing parts")
        }
        try await pool.query("DELETE FROM large_output")
        await #expect { try await bundle.first.output(run: run.id, taskID: "task") } throws: {
            "\($0)" == "the output of attempt 7 is gone; clear its task, so that it runs again"
        }
    }

    @Test func `an output that moved is read from there, and its loss is told`() async throws {
        let bundle = try await StoreBundle()
        let run = try await ended(bundle, try await bundle.lead())
        let objects = MemoryObjects()
        let store = StateStore(pool: bundle.first.pool, outputs: objects)
        let stored = try #require(try await store.outputHere(after: 0))
        try await store.move(stored, to: Self.place)
        #expect(try await store.outputHere(after: 0) == nil)
        #expect(try await bundle.first.pool.query("SELECT FROM large_output_part WHERE content IS NOT NULL").isEmpty)
        try await expectWhole(store, run)
        // Not the whole object for one element.
        #expect(objects.largest.withLock { $0 } == Self.json.utf8.count)
        objects.largest.withLock { $0 = 0 }
        _ = try await store.storedElement(run: run.id, taskID: "task", index: 15_000)
        #expect(objects.largest.withLock { $0 } <= 2 * LargeOutput.partSize)

        objects.objects.withLock { $0[Self.place]?[9] = 0x30 }
        for read in [
            { _ = try await store.output(run: run.id, taskID: "task") },
            { _ = try await store.storedElement(run: run.id, taskID: "task", index: 1) },
        ] {
            await #expect { try await read() } throws: {
                "\($0)".contains("(s3://bucket/out/a.json) is not what was stored")
            }
        }
        objects.objects.withLock { $0 = [:] }
        await #expect { try await store.output(run: run.id, taskID: "task") } throws: {
            "\($0)".contains("(s3://bucket/out/a.json) is missing: somebody has removed the object")
        }
        objects.isAway.withLock { $0 = true }
        await #expect(
            throws: StoreError.outputUnreachable(
                "the output of task task of run run of DAG dag (s3://bucket/out/a.json) cannot be read: away")
        ) { try await store.output(run: run.id, taskID: "task") }
        await #expect(throws: StoreError.self) { try await bundle.second.output(run: run.id, taskID: "task") }
    }

    @Test func `outputs that nothing names are removed with their objects, once they are old and nobody wants them`()
        async throws
    {
        let bundle = try await StoreBundle()
        let epoch = try await bundle.lead()
        let run = try await ended(bundle, epoch)
        let objects = MemoryObjects()
        let store = StateStore(pool: bundle.first.pool, outputs: objects)
        try await store.move(try #require(try await store.outputHere(after: 0)), to: Self.place)
        try await keep(bundle, attempt: 8, run)
        try await keep(bundle, attempt: 9, run)
        func removed(_ age: Duration, wanted: Set<Int64> = []) async throws -> Int {
            try await store.removeUnreferencedOutputs(before: StoreBundle.now + age, epoch: epoch) {
                wanted.contains($0)
            }
        }
        #expect(try await removed(.zero) == 0)
        #expect(try await removed(.seconds(1), wanted: [9]) == 1)
        #expect(try await count(bundle) == 8)
        #expect(try await removed(.seconds(1)) == 1)
        #expect(try await store.output(run: run.id, taskID: "task") == Self.json)
        // The instance begins again.
        var writes = TickWrites()
        writes.runs = [(run.id, run.revision)]
        writes.instances = [
            InstanceWrite(
                run: run.id, taskID: "task", mapIndex: -1, from: .success, state: .queued, tryNumber: 2, maxTries: 2,
                losses: 0)
        ]
        _ = try await bundle.committer(epoch).commit(writes)
        #expect(try await removed(.seconds(1)) == 1)
        #expect(try await count(bundle) == 0)
        #expect(objects.objects.withLock { $0.isEmpty })
        let next = try await bundle.lead("next")
        #expect(next > epoch)
        await #expect(throws: PostgresError.self) { _ = try await removed(.seconds(1)) }
    }

    @Test func `what is more than is given at once is refused with its size`() async throws {
        let bundle = try await StoreBundle()
        let run = try await ended(bundle, try await bundle.lead())
        try await bundle.first.pool.query("UPDATE large_output SET size = 70000000")
        await #expect(
            throws: StoreError.outputTooLarge(
                "the output of task task has 70000000 bytes; at most 62914560 are given at once: pass it with .lazy, and read its elements"
            )
        ) { try await bundle.first.output(run: run.id, taskID: "task") }
    }

    @Test func `the values of a mapped task are read bit by bit, large ones among them`() async throws {
        let bundle = try await StoreBundle()
        let run = try await bundle.run()
        let pool = bundle.first.pool
        try await pool.query(
            """
            INSERT INTO task_instance (run, task_id, map_index, state, try_number, max_tries, losses)
            SELECT \(run.id), 'each', n, 'success', 1, 1, 0 FROM generate_series(0, 2499) n
            """)
        try await pool.query(
            """
            INSERT INTO xcom (run, task_id, map_index, key, attempt, value)
            SELECT \(run.id), 'each', n, 'return_value', n + 100, CASE WHEN n = 3 THEN '' ELSE n::text END FROM generate_series(0, 2499) n
            """)
        let (output, parts) = LargeOutput.cut(Array(Self.json.utf8))
        try await bundle.first.keepOutput(
            output, attempt: 103, run: run.id, taskID: "each", mapIndex: 3, now: StoreBundle.now)
        for part in parts { try await bundle.first.keepPart(part, attempt: 103) }
        #expect(try await bundle.first.outputLength(run: run.id, taskID: "each") == 2_500)
        #expect(try await bundle.first.outputLength(run: run.id, taskID: "each", mapIndex: 3) == 30_000)
        #expect(try await bundle.first.outputLength(run: run.id, taskID: "each", mapIndex: 4) == nil)
        #expect(try await bundle.first.outputLength(run: run.id, taskID: "none") == nil)
        #expect(try await bundle.first.storedElement(run: run.id, taskID: "each", index: 3)?.value == Self.json)
        #expect(
            try await bundle.first.storedElement(run: run.id, taskID: "each", mapIndex: 3, index: 9_000)?.value
                == "\"9000\"")
        #expect(try await bundle.first.storedElement(run: run.id, taskID: "each", mapIndex: 4, index: 0) == nil)
        let whole = try #require(try await bundle.first.output(run: run.id, taskID: "each"))
        var (read, values) = (0, [String]())
        while true {
            let bytes = Array(try await bundle.first.storedElements(run: run.id, taskID: "each", from: read).value.utf8)
            let elements = try #require(JSONElements.ranges(in: bytes))
            if elements.isEmpty { break }
            values += elements.map { String(decoding: bytes[$0], as: UTF8.self) }
            read += elements.count
        }
        #expect("[" + values.joined(separator: ",") + "]" == whole)
    }
}

/// Objects in memory.
private final class MemoryObjects: OutputObjects {
    let objects = Mutex<[OutputPlace: [UInt8]]>([:])
    /// The most bytes that were read at once.
    let largest = Mutex(0)
    let isAway = Mutex(false)

    struct Away: Error, CustomStringConvertible { let description = "away" }

    func put(_ bytes: [UInt8], at place: OutputPlace) async throws { objects.withLock { $0[place] = bytes } }

    func get(_ place: OutputPlace, _ range: Range<Int>?) async throws -> [UInt8]? {
        if isAway.withLock({ $0 }) { throw Away() }
        guard let bytes = objects.withLock({ $0[place] }) else { return nil }
        let some = range.map { Array(bytes[$0.clamped(to: bytes.indices)]) } ?? bytes
        largest.withLock { $0 = max($0, some.count) }
        return some
    }

    func remove(_ place: OutputPlace) async throws { objects.withLock { $0[place] = nil } }
}
