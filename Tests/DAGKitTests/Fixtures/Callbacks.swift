import DAGKit

let tell = Callback { event in print(event.dedupeKey) }

@main
struct Callbacks: DAG {
    let defaultArgs = DefaultArgs(onFailure: tell)
    let onFailure = tell
    let onSuccess = Callback { event in print(event.runID) }

    let deadlines = [
        DeadlineAlert(.dagRunQueuedAt, interval: .minutes(15), callback: tell),
        DeadlineAlert(.dagRunLogicalDate, interval: .hours(2), name: "late") { event in print(event.deadline ?? event.at) },
        DeadlineAlert(.fixedDatetime(Instant(Day(2026, 1, 31), hour: 6)), interval: .seconds(-30), callback: tell),
        DeadlineAlert(.averageRuntime(maxRuns: 20, minRuns: 3), interval: .minutes(1), callback: tell),
        DeadlineAlert(.averageRuntime(), interval: .seconds(0), callback: .nothing),
    ]

    func body() {
        task("default") { _ in }
        task("none") { _ in }.onFailure(.nothing)
        task("more") { _ in }.onRetry { event in print(event.tryNumber) }.onSkipped(tell).onSuccess { _ in }
        taskGroup("group", defaultArgs: DefaultArgs(onFailure: .nothing, onSuccess: tell)) {
            task("inner", Shell("true"))
        }
    }
}
