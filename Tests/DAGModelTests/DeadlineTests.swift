import DAGModel
import Foundation
import Testing

/// Deadlines as described.
struct DeadlineTests {
    @Test(arguments: [
        (
            DeadlineDocument(.dagRunQueuedAt, interval: 900, name: "late"),
            #"{"interval":900,"name":"late","reference":"queued_at"}"#
        ),
        (DeadlineDocument(.dagRunLogicalDate, interval: -1.5), #"{"interval":-1.5,"reference":"logical_date"}"#),
        (
            DeadlineDocument(.fixedDatetime(Instant(Day(2026, 1, 31))), interval: 0),
            #"{"at":"2026-01-31T00:00:00Z","interval":0,"reference":"fixed"}"#
        ),
        (
            DeadlineDocument(.averageRuntime(maxRuns: 5, minRuns: 2), interval: 60),
            #"{"interval":60,"maxRuns":5,"minRuns":2,"reference":"average_runtime"}"#
        ),
    ])
    func `a deadline is written flat, for the statement that reads it`(
        _ deadline: DeadlineDocument, _ json: String
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(String(decoding: try encoder.encode(deadline), as: UTF8.self) == json)
        #expect(try JSONDecoder().decode(DeadlineDocument.self, from: Data(json.utf8)) == deadline)
    }

    @Test func `an average over so many runs needs as many unless less is said`() throws {
        let encoded = try JSONEncoder().encode(DeadlineDocument(.averageRuntime(maxRuns: 7), interval: 1))
        let read = try JSONDecoder().decode(DeadlineDocument.self, from: encoded)
        #expect(read.reference == .averageRuntime(maxRuns: 7, minRuns: 7))
    }

    @Test func `deadlines that make no sense are problems`() {
        var document = DAGDocument(id: "dag", tasks: [TaskDocument(id: "task")])
        document.deadlines = [
            DeadlineDocument(.dagRunQueuedAt, interval: 0),
            DeadlineDocument(.averageRuntime(maxRuns: 0), interval: 1, name: "slow"),
            DeadlineDocument(.averageRuntime(maxRuns: 3, minRuns: 4), interval: 1),
            DeadlineDocument(.dagRunLogicalDate, interval: 1e12),
            DeadlineDocument(.dagRunLogicalDate, interval: -60),
        ]
        #expect(
            document.validate().map(\.message) == [
                "deadline 1: interval: must be above 0 s, is 0.0 s: every run would miss it",
                "deadline 2 (slow): maxRuns: must be from 1 to 1000, is 0",
                "deadline 3: minRuns: must be from 1 to maxRuns (3), is 4",
                "deadline 4: interval: must be at most 100 years, is 1000000000000.0 s",
            ])
    }
}
