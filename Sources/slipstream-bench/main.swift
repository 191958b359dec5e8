// Measures Slipstream against the floors of the machine: `slipstream-bench [OPTIONS]`, see `BenchOptions`.
//
// `slipstream-bench planner` measures the planner alone.
//
// The parts run as in production, each in a process of its own: this program starts itself as scheduler and worker, and a private
// PostgreSQL. None of what it measures runs in this process, and what this process uses is not counted.
import Dispatch
import Foundation
import Glibc
import Worker

LauncherProcess.becomeIfAsked()

Task {
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
        switch arguments.first {
        case "scheduler": try await SchedulerRole(arguments.dropFirst()).run()
        case "worker": try await WorkerRole(arguments.dropFirst()).run()
        case "planner": PlannerBench().run()
        case "worker-host": await OperatorHostProcess.main(Array(arguments.dropFirst()))
        default: try await Bench(BenchOptions(arguments)).run()
        }
        exit(0)
    } catch {
        FileHandle.standardError.write(Data("slipstream-bench: \(error)\n".utf8))
        exit(1)
    }
}
dispatchMain()
