internal import Glibc
internal import WorkerProtocol

/// The warm process from which all author code descends: it has loaded DAGKit and forks a loaded runner for each DAG file in use.
///
/// Strictly single-threaded with a small heap, because forking costs what the parent has touched, and a fork takes along only the
/// thread that calls it. Nothing here may use Dispatch.
struct RunnerProcess {
    private let control: FrameSocket
    private var loaded = ChildTable<UInt64>()

    init(control: CInt) { self.control = FrameSocket(control) }

    /// Obeys the supervisor until its socket ends.
    mutating func serve() -> Never {
        WarmUp.run()
        control.send(RunnerReport.ready)
        while true {
            let ready = loaded.wait(orFor: control.descriptor)
            for (id, end) in ready.ended { control.send(RunnerReport.ended(id: id, end)) }
            guard ready.isControlReadable else { continue }
            guard control.fill() else { cposix_exit_now(0) }
            while let frame = control.next() { obey(frame.bytes, frame.descriptors) }
        }
    }

    private mutating func obey(_ bytes: [UInt8], _ descriptors: [CInt]) {
        defer { for descriptor in descriptors { close(descriptor) } }
        switch try? RunnerOrder(frame: bytes) {
        case .load(let id, let path)? where descriptors.count == 2:
            load(id, path, socket: descriptors[0], output: descriptors[1])
        case .kill(let id)?: loaded.kill(id)
        case .ping?: control.send(RunnerReport.pong)
        default: return
        }
    }

    private mutating func load(_ id: UInt64, _ path: String, socket: CInt, output: CInt) {
        let runner = getpid()
        let process = cposix_fork()
        guard process == 0 else {
            if process > 0 { loaded.add(process, as: id) } else { refuse(socket) }
            return
        }
        guard cposix_die_with(runner) else { cposix_exit_now(0) }
        close(control.descriptor)
        loaded.closeAll()
        dup2(output, 1)
        dup2(output, 2)
        close(output)
        var loadedRunner = LoadedRunner(control: socket)
        loadedRunner.serve(path)
    }

    private func refuse(_ socket: CInt) {
        FrameSocket(socket).send(
            LoadedRunnerReport.refused("the runner could not fork: \(String(cString: strerror(errno)))"))
    }
}
