@testable import DAGModel
import Foundation
import Testing

@Suite struct AssetTests {
    @Test(arguments: [
        ("s3://models/gw", "s3://models/gw"), ("S3://models/gw//", "s3://models/gw"), ("s3://models", "s3://models/"),
        ("https://host/data?b=2&a=1#part", "https://host/data?a=1&b=2"), ("X-Team://A/", "x-team://A/"),
        ("strain", "strain"), ("a/b c", "a/b c"),
    ])
    func `an address has one spelling`(_ written: String, _ normalised: String) {
        // Scheme x- stays as it is, but for the case of the scheme that Airflow looks at.
        let expected = written.hasPrefix("X-") ? written : normalised
        #expect(Asset(written).uri == expected)
        #expect(Asset("name", uri: written).uri == expected)
        #expect(Asset("name", uri: written).name == "name")
        #expect(Asset(written).name == written)
    }

    @Test(arguments: [
        ("", "must not be empty"), ("  ", "must not be empty"), ("a\nb", "control character"),
        ("s3:/models/gw", "write s3://… with two slashes"), ("s3://", "names nothing after s3://"),
        ("s3://user:secret@host/x", "use a connection"), ("airflow://x", "reserved"),
        ("1s://x", "a scheme has letters"),
        ("s3://a b", "white space"), (String(repeating: "a", count: 1_001), "has at most 1000 bytes"),
    ])
    func `an address that cannot be used is told why`(_ uri: String, _ sentence: String) throws {
        let problem = try #require(Asset(uri).problem)
        #expect(problem.contains(sentence), "\(problem)")
        #expect(!problem.contains("secret"))
    }

    @Test(arguments: [
        "s3://models/gw", "strain", "file:///data/x.csv", "urn:isbn:1", "postgres://host:5432/db/schema/table",
    ])
    func `a usable address is no problem`(_ uri: String) { #expect(Asset(uri).problem == nil) }

    private let a = Asset("a")
    private let b = Asset("b")
    private let c = Asset("c")

    @Test func `a condition is met as its operators say`() {
        let condition = a && (b || c)
        #expect(condition.text == "a && (b || c)")
        #expect(!condition.isMet(by: [a.key]))
        #expect(!condition.isMet(by: [b.key, c.key]))
        #expect(condition.isMet(by: [a.key, c.key]))
        #expect(condition.isMet(by: [a.key, b.key, c.key]))
        #expect((a && b && c) == .all([.asset(a), .asset(b), .asset(c)]))
        #expect((a || b || c) == .any([.asset(a), .asset(b), .asset(c)]))
        #expect((a && b || a && c).text == "(a && b) || (a && c)")
        #expect((a && b || a && c).assets == [a, b, c])
    }

    @Test func `schedules of assets have no times, and those of both have the times'`() throws {
        let zone: (String) -> TimeZoneData = { _ in .utc }
        #expect(try Timetable(.assets(when: a && b), zone: zone) == .manual)
        let daily = Schedule.cron("@daily", timezone: "UTC")
        #expect(try Timetable(.assetsOrTime(.asset(a), daily), zone: zone) == Timetable(daily, zone: zone))
        #expect(Schedule.assetsOrTime(.asset(a), .cron("@daily", timezone: "Europe/Berlin")).zones == ["Europe/Berlin"])
        #expect(Schedule.assetsOrTime(.asset(a), .continuous).isContinuous)
        #expect(daily.assetCondition == nil)
    }

    private func document(_ schedule: Schedule, outlets: [Asset] = []) -> DAGDocument {
        var task = TaskDocument(id: "t", kind: .author, line: 7)
        task.outlets = outlets
        return DAGDocument(id: "d", schedule: schedule, tasks: [task])
    }

    @Test func `what a DAG says of assets stays out of the documents of others`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let plain = String(decoding: try encoder.encode(document(.manual)), as: UTF8.self)
        #expect(!plain.contains("outlets") && !plain.contains("inlets"))
        let full = document(
            .assetsOrTime(a && (b || c), .cron("@daily", timezone: "UTC")),
            outlets: [Asset("m", uri: "s3://m/x", group: "models", extra: ["rows": .int(1)])])
        #expect(try JSONDecoder().decode(DAGDocument.self, from: encoder.encode(full)) == full)
        #expect(full.validate().isEmpty)
    }

    @Test func `a schedule without assets, or with nothing to add them to, is a problem`() {
        #expect(
            document(.assets(when: .all([]))).validate().map(\.message) == [
                "DAG d: schedule: name the assets that it waits for, at least one"
            ])
        let none = document(.assetsOrTime(.asset(a), .manual)).validate().map(\.message)
        #expect(none.count == 1 && none[0].contains("Schedule.daily.or(assets: …)"))
    }

    @Test func `a name with two addresses and an address with two names are problems at their lines`() {
        let problems = document(
            .assets(when: .asset(Asset("m", uri: "s3://m/1"))), outlets: [Asset("m", uri: "s3://m/2")]
        ).validate()
        #expect(
            problems == [
                DAGProblem(
                    "asset \"m\" has the URI s3://m/2 here and s3://m/1 elsewhere in the DAG: a name has one URI; give one of them another name",
                    line: 7)
            ])
        var book = AssetBook()
        let first = book.add(document(.manual, outlets: [Asset("s3://m/1")]))
        #expect(first == nil)
        let other = DAGDocument(
            id: "other", schedule: .assets(when: .asset(Asset("m", uri: "s3://m/1"))), tasks: [TaskDocument(id: "t")])
        let second = book.add(other)
        #expect(
            second?.message
                == "the URI s3://m/1 belongs to asset \"m\" here and to \"s3://m/1\" in DAG d: a URI has one name; declare the asset once and use it in both places"
        )
    }
}
