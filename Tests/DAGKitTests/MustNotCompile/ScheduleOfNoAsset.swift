import DAGKit

@main
struct ScheduleOfNoAsset: DAG {
    let schedule = Schedule.assets("s3://raw/strain")  // error: 'String'
    let other = Asset("a") && true  // error: 'Bool'

    func body() {
        task("hello") { _ in print("hello") }
    }
}
