import DAGKit

let tell = Callback { event in print(event.dedupeKey) }

@main
struct Callbacks: DAG {
    let defaultArgs = DefaultArgs(onFailure: tell)
    let onFailure = tell
    let onSuccess = Callback { event in print(event.runID) }

    func body() {
        task("default") { _ in }
        task("none") { _ in }.onFailure(.nothing)
        task("more") { _ in }.onRetry { event in print(event.tryNumber) }.onSkipped(tell).onSuccess { _ in }
        taskGroup("group", defaultArgs: DefaultArgs(onFailure: .nothing, onSuccess: tell)) {
            task("inner", Shell("true"))
        }
    }
}
