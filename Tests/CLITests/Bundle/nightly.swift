import DAGKit

/// Has a schedule whose first run is far away.
@main
struct Nightly: DAG {
    let schedule = Schedule.cron("0 3 * * *", timezone: "Europe/Berlin")
    let start = Day(2099, 1, 1)
    let tags = ["example", "night"]
    let owner = "ada"

    func body() {
        let rows = task("extract", Shell("echo 3"))
        task("load", Shell("echo \(rows) rows"), retries: 2)
    }
}
