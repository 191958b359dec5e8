import DAGKit

@main
struct Never: DAG {
    let schedule = Schedule.cron("61 3 * * *", timezone: "UTC")

    func body() { task("tick") { _ in print("tick") } }
}
