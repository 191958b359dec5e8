@testable import DAGModel
import Testing

/// Waits as values, and the pace of sensors.
struct WaitingTests {
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ])
    func `SHA-1 gives the digests of its standard`(text: String, digest: String) {
        #expect(SHA1.digest(text).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == digest)
    }

    @Test func `a sensor looks again after its interval, until its time is over`() {
        let pace = SensorPace(interval: 60, timeout: 3_600)
        #expect(pace.pause(afterLook: 1, elapsed: 0, seed: "s") == 60)
        #expect(pace.pause(afterLook: 60, elapsed: 3_600, seed: "s") == 60)
        #expect(pace.pause(afterLook: 61, elapsed: 3_600.1, seed: "s") == nil)
    }

    /// Made with Airflow's formula in Python: `least = max(int(10 * 2 ** (n - 2)), 1); least + int(sha1(f"d#t#1#{n}").hexdigest(), 16) % least`.
    @Test func `with backoff its pauses are Airflow's`() {
        let pace = SensorPace(interval: 10, timeout: 1e9, exponentialBackoff: true)
        let pauses = (1...6).map { pace.pause(afterLook: $0, elapsed: 0, seed: "d#t#1") }
        #expect(pauses == [6, 10, 26, 55, 81, 259])
        let bounded = SensorPace(interval: 10, timeout: 1e9, exponentialBackoff: true, maximumWait: 30)
        #expect(
            (1...99).allSatisfy { bounded.pause(afterLook: $0, elapsed: 0, seed: "d#t#1").map { $0 <= 30 } == true })
    }

    @Test func `a wait survives its written form`() {
        let time = Instant(microseconds: 1_800_000_000_123_456)
        let request = InputRequest(
            subject: "Publish?", body: "**now**", options: ["yes", "no"], defaults: ["no"], isMultiple: true,
            params: ["why": .string(""), "n": .int(1)], assignees: ["ada"])
        let answer = InputAnswer(chosen: ["yes"], params: ["n": .int(2)], by: "ada", at: time)
        let waits = [
            TaskWait(Suspension(.poke, until: time), number: 3, since: time, cause: .time),
            TaskWait(Suspension(.time, until: time, saved: "{\"a\":\"\\n\"}"), number: 1, since: time),
            TaskWait(
                Suspension(.event(key: "job/7"), until: nil, failsAtDeadline: false), number: 1, since: time,
                cause: .event(.object(["state": .string("done")]))),
            TaskWait(Suspension(.event(key: "k"), until: time), number: 1, since: time, cause: .deadline),
            TaskWait(Suspension(.person(request), until: time), number: 1, since: time, cause: .answer(answer)),
        ]
        for wait in waits { #expect(TaskWait(json: wait.json.compactJSON) == wait) }
        for text in ["", "{}", "[1]", "{\"suspension\":{\"kind\":\"moon\"},\"number\":1,\"since\":1}"] {
            #expect(TaskWait(json: text) == nil)
        }
    }

    @Test func `what an attempt says cannot overwhelm the scheduler`() {
        let far = Suspension(.time, until: Instant(microseconds: .max))
        #expect(far.problem?.contains("between the years 1970 and 9999") == true)
        let long = InputRequest(subject: "?", body: String(repeating: "x", count: 70_000), options: ["a"])
        #expect(Suspension(.person(long), until: nil).problem?.contains("at most 65536") == true)
        let none = InputRequest(subject: "\0", options: [])
        #expect(none.problems.count == 2)
        let endless = TimeWait(.builtIn(type: TimeWait.operatorType, fields: .object(["delay": .double(1e300)])))
        #expect(endless == .delay(1e11))
    }

    @Test func `an answer has to be one of the options`() {
        let request = InputRequest(subject: "Which?", options: ["a", "b"], params: ["n": .int(1)])
        #expect(request.problems(choosing: ["a"], ["n": .int(3)]) == [])
        #expect(request.problems(choosing: ["c"], [:]) == ["\"c\" is not one of a, b"])
        #expect(request.problems(choosing: [], [:]) == ["choose one of a, b"])
        #expect(request.problems(choosing: ["a", "b"], [:]) == ["only one option may be chosen"])
        #expect(request.problems(choosing: ["a"], ["n": .string("x")]) == ["\"n\" must be of type integer, is string"])
        #expect(request.problems(choosing: ["a"], ["m": .int(1)]) == ["\"m\" is not asked for; known: n"])
    }

    @Test(arguments: [
        (TimeWait.delay(90), 90.0), (.afterInterval(-60), -3_660), (.timeOfDay(3_600), 3_600 - 28_800),
        (.at(Instant(seconds: 1_800_000_005)), 5),
    ])
    func `a time wait ends when it says`(wait: TimeWait, seconds: Double) {
        // 2027-01-15T08:00:00Z
        let now = Instant(seconds: 1_800_000_000)
        #expect(wait.end(intervalEnd: now + .seconds(-3_600), now: now) == now + .seconds(seconds))
    }
}
