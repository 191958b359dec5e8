internal import Glibc
internal import WorkerProtocol

/// A process that has opened one compiled DAG file and evaluated its `body()`, and forks a child for each attempt, some of them
/// ahead of need. Single-threaded, as the runner.
struct LoadedRunner {
    private let control: FrameSocket
    private var children = ChildTable<Int>()

    init(control: CInt) { self.control = FrameSocket(control) }

    mutating func serve(_ path: String) -> Never {
        let loaded = load(path)
        WarmUp.run()
        while true {
            let ready = children.wait(orFor: control.descriptor)
            for (pid, end) in ready.ended { control.send(LoadedRunnerReport.ended(pid: pid, end)) }
            guard ready.isControlReadable else { continue }
            guard control.fill() else { cposix_exit_now(0) }
            while let frame = control.next() { obey(frame.bytes, loaded) }
        }
    }

    private func load(_ path: String) -> LoadedDefinition {
        do {
            let definition = try LoadedDAG.load(path)
            if let problem = definition.problems.first {
                throw LoadError(description: "\(path) does not describe a valid DAG: \(problem)")
            }
            guard ThreadCount.now == 1 else {
                throw LoadError(
                    description:
                        "body() of DAG \(definition.document.id) starts threads or tasks while it is evaluated: "
                        + "declare tasks there and nothing else")
            }
            let fingerprint = try definition.fingerprint()
            control.send(LoadedRunnerReport.loaded(dagID: definition.document.id, fingerprint: fingerprint))
            return LoadedDefinition(definition: definition, fingerprint: fingerprint)
        } catch {
            control.send(LoadedRunnerReport.refused("\(error)"))
            cposix_exit_now(1)
        }
    }

    private mutating func obey(_ bytes: [UInt8], _ loaded: LoadedDefinition) {
        switch try? LoadedRunnerOrder(frame: bytes) {
        case .fork(let count)?: for _ in 0..<count { fork(loaded) }
        case .signal(let pid, let number)?:
            // Only a child that is not reaped yet: later the id may be somebody else's.
            if children.contains(pid) { kill(-pid_t(pid), CInt(number)) }
        case .ping?: control.send(LoadedRunnerReport.pong)
        case nil: return
        }
    }

    private mutating func fork(_ loaded: LoadedDefinition) {
        guard let channel = ChildChannelEnds() else { return report("make a socket and a pipe for a child") }
        let parent = getpid()
        let process = cposix_fork()
        guard process == 0 else {
            defer { channel.closeAll() }
            guard process > 0 else { return report("fork a child") }
            setpgid(process, process)
            children.add(process, as: Int(process))
            control.send(LoadedRunnerReport.child(pid: Int(process)), descriptors: channel.supervisorEnds)
            return
        }
        setpgid(0, 0)
        guard cposix_die_with(parent) else { cposix_exit_now(0) }
        close(control.descriptor)
        children.closeAll()
        cposix_reset_signals()
        TaskChild(socket: channel.adoptChildEnds(), loaded: loaded).run()
    }

    private func report(_ purpose: String) {
        control.send(LoadedRunnerReport.forkFailed("could not \(purpose): \(String(cString: strerror(errno)))"))
    }
}

/// A DAG that has been evaluated, with what is computed once for all children.
package final class LoadedDefinition: Sendable {
    package let definition: DAGDefinition
    package let fingerprint: String
    /// The assets of the tasks that have some.
    let outlets: [String: [Asset]]
    /// For each task that chooses among those after it: all tasks that lie downstream of it.
    let choices: [String: Set<String>]

    package init(definition: DAGDefinition, fingerprint: String) {
        self.definition = definition
        self.fingerprint = fingerprint
        let tasks = definition.document.tasks.filter { !$0.outlets.isEmpty }
        outlets = Dictionary(tasks.map { ($0.id, $0.outlets) }) { first, _ in first }
        let branches = definition.document.tasks.filter { $0.kind == .branch }
        choices = Dictionary(branches.map { ($0.id, definition.document.downstream(of: $0.id)) }) { first, _ in first }
    }
}

extension DAGDocument {
    /// All tasks that depend on a task, directly or through others.
    fileprivate func downstream(of task: String) -> Set<String> {
        var found: Set<String> = [task]
        var size = 0
        while found.count > size {
            size = found.count
            for other in tasks where !found.isDisjoint(with: other.upstream) { found.insert(other.id) }
        }
        return found.subtracting([task])
    }
}

/// The socket between a child and the supervisor, and the pipe that takes the child's output.
private struct ChildChannelEnds {
    private var socket: [CInt] = [-1, -1]
    private var pipe: [CInt] = [-1, -1]

    init?() {
        let stream = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, stream, 0, &socket) == 0 else { return nil }
        // Without close-on-exec: neither the loaded runner nor the child starts a program before it has closed the ends.
        guard Glibc.pipe(&pipe) == 0 else {
            for end in socket { close(end) }
            return nil
        }
    }

    var supervisorEnds: [CInt] { [socket[0], pipe[0]] }

    /// In the child: output goes into the pipe. Returns the child's socket.
    func adoptChildEnds() -> CInt {
        dup2(pipe[1], 1)
        dup2(pipe[1], 2)
        for end in [socket[0], pipe[0], pipe[1]] { close(end) }
        return socket[1]
    }

    func closeAll() { for end in socket + pipe { close(end) } }
}

/// How many threads this process has.
enum ThreadCount {
    static var now: Int {
        guard let folder = opendir("/proc/self/task") else { return 1 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }
}
