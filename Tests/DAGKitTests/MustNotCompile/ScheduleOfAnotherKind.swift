import DAGKit

@main
struct ScheduleOfAnotherKind: DAG {
    let schedule = Schedule.cron(3)  // error:

    func body() {
        task("hello") { _ in print("hello") }
    }
}
