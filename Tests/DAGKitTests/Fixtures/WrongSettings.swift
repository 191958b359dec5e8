import DAGKit

@main
struct WrongSettings: DAG {
    let schedule = Schedule.cron("0 0 30 2 *", timezone: "Europe/Berlin")
    let failFast = true

    func body() {
        let first = task("first") { _ in 1 }
        task("down", first, triggerRule: .allDone) { _, first in print(first) }.asTeardown(setups: first)
        task("last", first, triggerRule: .oneFailed) { _, first in print(first) }
        taskGroup("first") {}
    }
}
