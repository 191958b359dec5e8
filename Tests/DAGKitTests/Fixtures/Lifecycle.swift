import DAGKit

@main
struct Lifecycle: DAG {
    let schedule = Schedule.crons("0 3 * * *", "0 15 * * *", timezone: "Europe/Berlin").interval(.hours(12)).runImmediately(.within(seconds: 60))
    let defaultArgs = DefaultArgs(retries: 2, retryDelay: .exponential(from: .seconds(10), multiplier: 3))
    let maxActiveTasks = 50

    func body() {
        let cluster = task("create", retries: 0) { _ in "cluster-1" }.asSetup()
        let work = taskGroup("work", defaultArgs: DefaultArgs(executionTimeout: .hours(1))) {
            let parts = task("split", cluster) { _, cluster in [cluster, cluster] }
            taskGroup("inner", defaultArgs: DefaultArgs(retries: 5)) {
                task("train", each: crossProduct(parts, [0.1, 0.01])) { _, part, rate in print(part, rate) }
            }
            task("pair", each: zipped(parts, ["a", "b"])) { _, part, name in part + name }
        }
        let delete = task("delete", cluster) { _, cluster in print("deleted", cluster) }
            .limited(priorityWeight: 10, weightRule: .absolute, maxActiveTisPerDag: 2, maxActiveTisPerDagrun: 1).asTeardown(setups: cluster)
        let latest = latestOnly("latest_only")
        let publish = task("publish", Empty())
        chain(work, delete)
        chain(work, latest, publish)
    }
}
