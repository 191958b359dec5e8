import Foundation
import Logging
import ServiceLifecycle
import Supervision

/// The worker of a standalone installation: a child process, started again when it dies.
struct LocalWorkerProcess: Service {
    let folder: DataFolder
    let leader: SocketEndpoint
    let slots: Int
    let loop: EventLoop
    let log: Logger

    func run() async throws {
        let child = WorkerChild(service: self)
        try await withGracefulShutdownHandler {
            try await child.keepRunning()
        } onGracefulShutdown: {
            Task { await child.stop() }
        }
    }
}

private actor WorkerChild {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let service: LocalWorkerProcess
    private var process: ChildProcess?
    private var isStopping = false

    init(service: LocalWorkerProcess) {
        self.service = service
        loop = service.loop
    }

    func stop() {
        isStopping = true
        _ = process?.signal(SIGTERM)
    }

    func keepRunning() async throws {
        var pause = Duration.milliseconds(100)
        while !isStopping {
            let started = ContinuousClock.now
            let exit = try await runOnce()
            guard !isStopping else { return }
            service.log.error("The worker ended (\(exit)); it is started again")
            pause = ContinuousClock.now - started > .seconds(30) ? .milliseconds(100) : min(pause * 2, .seconds(5))
            try await loop.sleep(for: pause)
        }
    }

    /// The worker ends when its standard input does: with this process, however that ends.
    private func runOnce() async throws -> ProcessExit {
        let (input, keptOpen) = try OwnedDescriptor.pipe()
        defer { keptOpen.close() }
        let folder = service.folder
        let launch = ProgramLaunch(
            Installation.current.program,
            [
                "worker", "--leader", service.leader.description, "--token-file", folder.file("worker-token"),
                "--slots", String(service.slots), "--name", "local", "--data", folder.file("worker"),
                "--stop-with-input",
            ],
            environment: ProcessInfo.processInfo.environment, descriptors: [0: input.number, 1: 2, 2: 2])
        let process = try ChildProcess(launch, on: loop)
        input.close()
        self.process = process
        defer { self.process = nil }
        return await process.waitForExit()
    }
}
