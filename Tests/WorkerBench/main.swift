// Measures a worker over its real path, with a leader that commits nothing: `worker-bench HARNESS RUNNER DAG.so TASK [SLOTS] [COUNT]`.
// Prints JSON lines. The DAG's task must be empty; see the script beside the benchmarks.
import Crypto
import DAGModel
import Dispatch
import Foundation
import Supervision
import WorkerProtocol

struct Setup: Sendable {
    let harness: String, runner: String, dag: [UInt8], hash: String, fingerprint: String, dagID: String, task: String
    let slots: Int, count: Int
}

/// A leader that keeps `window` attempts at the worker until `count` have ended.
final class BenchLeader: @unchecked Sendable {
    let setup: Setup
    let loop: EventLoop
    var worker: FrameConnection?
    var listener: FrameListener?
    var next: Int64 = 0
    var left = 0
    var finished: (() -> Void)?
    var greeted: (() -> Void)?
    var hops: [Int64] = []
    var dispatchedAt: [AttemptID: Int64] = [:]

    init(_ setup: Setup, _ loop: EventLoop) {
        self.setup = setup
        self.loop = loop
    }

    func accepted(_ connection: FrameConnection) {
        worker = connection
        try? connection.start(received: { [self] in received($0) }, closed: { _ in })
    }

    func received(_ frame: Frame) {
        switch try? WorkerMessage(frame: frame.bytes) {
        case .hello?:
            send(.welcome(LeaderMessage.Welcome(epoch: 1, heartbeat: 5_000, lease: 20_000)))
            greeted?()
        case .heartbeat?: send(.heartbeatAnswer(.renewed(revoked: [])))
        case .query(let id, _, _, .artifact)?: send(.answer(id: id, .value(setup.dag)))
        case .result(let result)?:
            guard case .success = result.outcome else { fatalError("\(result)") }
            let now = clock()
            if let start = dispatchedAt.removeValue(forKey: result.attempt) { hops.append(now - start) }
            send(.acknowledge(result.attempt))
            left -= 1
            if left == 0 { finished?() } else if remaining > 0 { dispatch() }
        default: break
        }
    }

    var remaining = 0

    func run(_ count: Int, window: Int, _ finished: @escaping () -> Void) {
        (left, remaining, self.finished, hops) = (count, count, finished, [])
        for _ in 0..<min(window, count) { dispatch() }
    }

    func dispatch() {
        remaining -= 1
        next += 1
        let spec = AttemptSpec(
            id: AttemptID(rawValue: next), token: AttemptToken(bytes: Array(repeating: 7, count: 16)),
            dagID: setup.dagID,
            runID: "bench", taskID: setup.task, mapIndex: -1, tryNumber: 1, logicalDate: nil, dataIntervalStart: nil,
            dataIntervalEnd: nil, params: Array("{}".utf8), artifact: setup.hash, files: "",
            documentHash: setup.fingerprint,
            work: .author, inputs: [], executionTimeout: nil)
        dispatchedAt[spec.id] = clock()
        send(.dispatch(spec))
    }

    func send(_ message: LeaderMessage) { try? worker?.send(message.frame) }

    func clock() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}

func line(_ workload: String, _ metric: String, _ value: Double, _ unit: String) {
    print(#"{"workload": "\#(workload)", "metric": "\#(metric)", "value": \#(value), "unit": "\#(unit)"}"#)
}

/// Proportional set size of a process and all below it, in MiB, with the number of processes.
func memory(below root: Int32) -> (mebibytes: Double, processes: Int) {
    let all = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
    var parents: [Int32: Int32] = [:]
    for pid in all {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let parent = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }?.split(separator: "\t").last
        parents[pid] = parent.flatMap { Int32($0) }
    }
    func isBelow(_ pid: Int32) -> Bool { pid == root || parents[pid].map { $0 > 1 && isBelow($0) } ?? false }
    let ours = all.filter(isBelow)
    let kilobytes = ours.reduce(0) { sum, pid in
        let text = (try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8)) ?? ""
        let pss = text.split(separator: "\n").first { $0.hasPrefix("Pss:") }?.split(separator: " ").dropFirst().first
        return sum + (pss.flatMap { Int($0) } ?? 0)
    }
    return (Double(kilobytes) / 1_024, ours.count)
}

func bench(_ setup: Setup) async throws {
    let loop = try EventLoop(name: "leader")
    let folder = "/tmp/wb-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let leader = BenchLeader(setup, loop)
    let endpoint = SocketEndpoint.unix(path: "\(folder)/leader")
    leader.listener = try await FrameListener.listen(on: endpoint, loop: loop) { leader.accepted($0) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: setup.harness)
    process.arguments = ["worker", endpoint.description, "token", "\(setup.slots)", "\(folder)/data", setup.runner]
    async let greeting: Void = withCheckedContinuation { continuation in
        loop.performNow { leader.greeted = { continuation.resume() } }
    }
    try process.run()
    await greeting
    func run(_ count: Int, _ window: Int) async -> (seconds: Double, hops: [Int64]) {
        let start = DispatchTime.now().uptimeNanoseconds
        await withCheckedContinuation { continuation in
            loop.performNow { leader.run(count, window: window) { continuation.resume() } }
        }
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
        return (seconds, await loop.run { leader.hops.sorted() })
    }
    _ = await run(200, 1)
    for round in 1...3 {
        let chain = await run(setup.count, 1)
        line("worker_chain", "hop_p50", Double(chain.hops[chain.hops.count / 2]) / 1e9, "s")
        line("worker_chain", "hop_p99", Double(chain.hops[chain.hops.count * 99 / 100]) / 1e9, "s")
        let fan = await run(setup.count * 4, setup.slots)
        line("worker_fan", "throughput", Double(setup.count * 4) / fan.seconds, "tasks/s")
        let deep = await run(setup.count * 4, setup.slots * 2)
        line("worker_fan_queued", "throughput", Double(setup.count * 4) / deep.seconds, "tasks/s")
        if round == 1 {
            let (pss, processes) = memory(below: process.processIdentifier)
            line("worker", "pss", pss, "MiB of \(processes) processes")
        }
    }
    process.terminate()
    process.waitUntilExit()
    loop.shutdown()
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 4, let bytes = FileManager.default.contents(atPath: arguments[2]) else { exit(64) }
let describe = Process()
let pipe = Pipe()
describe.executableURL = URL(fileURLWithPath: arguments[1])
describe.arguments = ["describe", arguments[2]]
describe.standardOutput = pipe
try describe.run()
let description = try JSONDecoder().decode(DAGDescription.self, from: pipe.fileHandleForReading.readDataToEndOfFile())
let setup = Setup(
    harness: arguments[0], runner: arguments[1], dag: Array(bytes),
    hash: SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined(), fingerprint: description.fingerprint,
    dagID: description.document.id, task: arguments[3], slots: arguments.count > 4 ? Int(arguments[4]) ?? 4 : 4,
    count: arguments.count > 5 ? Int(arguments[5]) ?? 1_000 : 1_000)
Task {
    do { try await bench(setup) } catch { print("\(error)") }
    exit(0)
}
dispatchMain()
