import DAGKit

enum Stage: String, Codable, CaseIterable { case test, production }
struct Window: Codable, Sendable { var low = 30.0; var high = 400.0 }

@main
struct Parameters: DAG {
    struct Params: DAGParams {
        var name = "H1"
        var epochs = 20
        var small: UInt8 = 3
        var big: Int64 = 9_000_000_000
        var rate = 0.5
        var isDry = false
        var detectors = ["H1", "L1"]
        var limit: Int?
        var note: String? = nil
        var stage = Stage.test
        var window = Window()
        var table = ["a": 1]

        enum CodingKeys: String, CodingKey {
            case name, epochs, small, big, rate, detectors, limit, note, stage, window, table
            case isDry = "dry_run"
        }
    }

    func body() {
        task("use", Shell("echo \(param: \Params.window.low)"))
    }
}
