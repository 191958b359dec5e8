import Foundation
import Supervision
import Testing

@testable import DAGBundles

/// Hostile programs in the jail. Each test looks from outside for what it may have done.
struct JailTests {
    let loop: EventLoop

    /// Root makes one kind of jail, an ordinary user the other.
    static let modes: [JailMode] = [geteuid() == 0 ? .privileged : .unprivileged]

    init() throws { loop = try EventLoop(name: "jail") }

    private static func limits(
        wallTime: Double = 20, processes: Int = 1, temporarySpace: Int64 = 1 << 20, standardOutput: Int = 1 << 20
    ) -> JailLimits {
        JailLimits(
            wallTime: wallTime, cpuTime: 20, addressSpace: 1 << 30, processes: processes,
            temporarySpace: temporarySpace,
            standardOutput: standardOutput, standardError: 65_536)
    }

    /// Runs a Python program in a jail.
    private func python(
        _ mode: JailMode, _ program: String, readable: [String] = [], limits: JailLimits = limits()
    ) async throws -> JailResult {
        try await Jail(on: loop, mode: mode, slots: 2).run(
            JailCommand("/usr/bin/python3", ["-I", "-c", program], readable: readable, limits: limits))
    }

    /// Runs Python statements one by one and says of each whether it was possible.
    private func attempts(
        _ mode: JailMode, _ statements: [String], readable: [String] = [], limits: JailLimits = limits()
    ) async throws -> [String: String] {
        let list = statements.map { "\"\"\"\($0)\"\"\"" }.joined(separator: ", ")
        let result = try await python(
            mode,
            """
            import os, socket, ctypes, glob, signal
            for statement in [\(list)]:
                try: exec(statement); print('possible')
                except BaseException as error: print(type(error).__name__, error)
            """, readable: readable, limits: limits)
        let lines = String(decoding: result.standardOutput, as: UTF8.self).split(separator: "\n").map(String.init)
        try #require(lines.count == statements.count, "\(result)")
        return Dictionary(uniqueKeysWithValues: zip(statements, lines))
    }

    @Test func `the jail works on this machine`() async throws {
        let jail = try await Jail(on: loop)
        #expect(jail.mode == Self.modes[0])
    }

    @Test(arguments: modes)
    func `a program runs, and its output and code come back`(mode: JailMode) async throws {
        let result = try await python(mode, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
        #expect(result.ending == .exited(code: 7))
        #expect(result.standardOutput == Array("out\n".utf8) && result.standardError == "err\n")
    }

    @Test(arguments: modes)
    func `a signal is told apart from a code`(mode: JailMode) async throws {
        #expect(try await python(mode, "import os; os.abort()").ending == .signalled(SIGABRT))
    }

    @Test(arguments: modes)
    func `no network, no kernel sockets`(mode: JailMode) async throws {
        let servers = Servers()
        defer { withExtendedLifetime(servers) {} }
        let port = try servers.start("silent_server.py")
        for (attempt, outcome) in try await attempts(
            mode,
            [
                "socket.create_connection(('127.0.0.1', \(port)), 1)", "socket.socket()",
                "socket.socket(socket.AF_UNIX)", "socket.socket(40, socket.SOCK_STREAM)",
            ])
        {
            #expect(outcome.hasPrefix("PermissionError"), "\(attempt): \(outcome)")
        }
    }

    @Test(arguments: modes)
    func `the parent can be neither seen nor signalled`(mode: JailMode) async throws {
        let parent = getpid()
        let outcomes = try await attempts(
            mode,
            [
                "open('/proc/\(parent)/environ').read()", "os.kill(\(parent), 9)", "os.kill(-\(parent), 9)",
                "assert len(glob.glob('/proc/[0-9]*')) > 4", "os.kill(1, 9); assert False",
            ])
        for (attempt, outcome) in outcomes { #expect(outcome != "possible", "\(attempt)") }
    }

    @Test(arguments: modes)
    func `no privileges, no foreign files, no environment`(mode: JailMode) async throws {
        let scratch = try Scratch()
        let secret = try scratch.write("secret", "s")
        setenv("SLIPSTREAM_TEST_SECRET", "s", 1)
        let outcomes = try await attempts(
            mode,
            [
                "open('/etc/shadow').read()", "open('/etc/passwd').read()", "open('\(secret)').read()",
                "os.listdir('/root')", "os.listdir('/home')", "os.listdir('/work')", "assert os.getuid() == 0",
                "os.setuid(0)",
                "assert 'SLIPSTREAM_TEST_SECRET' in os.environ", "assert len(os.environ) > 3",
                "open('/proc/1/environ').read().index('SECRET')",
                "assert 'CapEff:\\\\t0000000000000000' not in open('/proc/self/status').read()",
                "assert 'NoNewPrivs:\\\\t1' not in open('/proc/self/status').read()",
                "os.symlink('/etc/shadow', '/tmp/a'); open('/tmp/a').read()",
                "os.symlink('\(secret)', '/tmp/b'); open('/tmp/b').read()",
            ])
        for (attempt, outcome) in outcomes { #expect(outcome != "possible", "\(attempt)") }
    }

    @Test(arguments: modes)
    func `nothing can be written but the temporary folder, and that is small`(mode: JailMode) async throws {
        let scratch = try Scratch()
        let file = try scratch.write("readable/file", "x")
        chmod(scratch.path + "/readable", 0o777)
        chmod(file, 0o666)
        let outcomes = try await attempts(
            mode,
            [
                "open('/x', 'w')", "open('/usr/x', 'w')", "open('\(file)', 'w')",
                "open('\(scratch.path)/readable/y', 'w')",
                "open('/dev/shm/x', 'w')", "open('/dev/x', 'w')", "open('/proc/sys/kernel/core_pattern', 'w')",
                "os.makedirs('/var/x')", "open('/tmp/big', 'wb').write(b'x' * (3 << 20))",
            ], readable: [scratch.path + "/readable"])
        for (attempt, outcome) in outcomes { #expect(outcome != "possible", "\(attempt)") }
        #expect(try scratch.read("readable/file") == "x")
        #expect(try await attempts(mode, ["open('/tmp/small', 'w').write('x')"]).values.allSatisfy { $0 == "possible" })
        let without = Self.limits(temporarySpace: 0)
        #expect(
            try await attempts(mode, ["open('/tmp/small', 'w')"], limits: without).values.allSatisfy {
                $0 != "possible"
            })
    }

    @Test(arguments: modes)
    func `memory is limited, also memory that counts for no process`(mode: JailMode) async throws {
        let outcomes = try await attempts(
            mode,
            [
                "bytearray(10 << 30)", "os.memfd_create('x')",
                "c = ctypes.CDLL(None, use_errno=True); assert c.shmget(0, 1 << 20, 0o1600) >= 0",
            ])
        for (attempt, outcome) in outcomes { #expect(outcome != "possible", "\(attempt)") }
    }

    @Test(arguments: modes)
    func `no way back to privileges`(mode: JailMode) async throws {
        let outcomes = try await attempts(
            mode,
            [
                "c = ctypes.CDLL(None, use_errno=True); assert c.unshare(0x10000000) == 0",
                "c = ctypes.CDLL(None, use_errno=True); assert c.ptrace(0, 0, 0, 0) == 0",
                "c = ctypes.CDLL(None, use_errno=True); assert c.mount(b'x', b'/tmp', b'tmpfs', 0, 0) == 0",
                "import resource; resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))",
            ])
        for (attempt, outcome) in outcomes { #expect(outcome != "possible", "\(attempt)") }
    }

    @Test(arguments: modes)
    func `a single process cannot become two`(mode: JailMode) async throws {
        let outcomes = try await attempts(mode, ["os.fork()", "os.posix_spawn('/usr/bin/true', ['true'], {})"])
        for (attempt, outcome) in outcomes { #expect(outcome != "possible", "\(attempt)") }
        let threads = "import threading; t = threading.Thread(target=lambda: print('ran')); t.start(); t.join()"
        #expect(try await python(mode, threads).standardOutput == Array("ran\n".utf8))
    }

    @Test(arguments: modes)
    func `a fork bomb stays small and dies with the jail`(mode: JailMode) async throws {
        let marker = "bomb-\(UUID().uuidString)"
        let result = try await python(
            mode,
            """
            import os, sys, time
            marker, count = '\(marker)', 0
            while True:
                try:
                    if os.fork() == 0: time.sleep(1000)
                    count += 1
                except OSError: break
            print(count)
            """, limits: Self.limits(processes: 40))
        let count = try #require(
            Int(String(decoding: result.standardOutput, as: UTF8.self).trimmingCharacters(in: .newlines)))
        #expect((10...40).contains(count))
        #expect(processes(withArgument: marker) == 0)
    }

    @Test(arguments: modes)
    func `a daemon does not outlive the jail`(mode: JailMode) async throws {
        let marker = "daemon-\(UUID().uuidString)"
        let result = try await python(
            mode,
            """
            import os, time
            marker = '\(marker)'
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    for descriptor in range(20):
                        try: os.close(descriptor)
                        except OSError: pass
                    time.sleep(1000)
                os._exit(0)
            os.wait()
            """, limits: Self.limits(processes: 10))
        #expect(result.isSuccess)
        #expect(processes(withArgument: marker) == 0)
    }

    @Test(arguments: modes)
    func `an endless loop ends at the wall time`(mode: JailMode) async throws {
        let marker = "loop-\(UUID().uuidString)"
        let result = try await python(mode, "'\(marker)'\nwhile True: pass", limits: Self.limits(wallTime: 0.3))
        #expect(result.ending == .timedOut)
        #expect(processes(withArgument: marker) == 0)
    }

    @Test(arguments: modes)
    func `a gigabyte of output is cut, and costs no memory here`(mode: JailMode) async throws {
        let before = residentPeak()
        let result = try await python(
            mode, "import os\nfor _ in range(1 << 14): os.write(1, b'x' * (1 << 16))",
            limits: Self.limits(standardOutput: 100_000))
        #expect(result.ending == .wroteTooMuch)
        #expect(result.standardOutput.count == 100_000)
        #expect(residentPeak() - before < 64 << 20)
    }

    @Test(arguments: modes)
    func `cancelling ends the program`(mode: JailMode) async throws {
        let marker = "cancelled-\(UUID().uuidString)"
        let task = Task { try await python(mode, "import time; '\(marker)'; time.sleep(1000)") }
        while processes(withArgument: marker) == 0 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(processes(withArgument: marker) == 0)
    }

    @Test func `a program that is not there is reported`() async throws {
        let jail = Jail(on: loop, mode: Self.modes[0], slots: 1)
        let result = try await jail.run(JailCommand("/usr/bin/nothing-here", limits: .describing))
        #expect(!result.isSuccess && result.standardError.contains("nothing-here"))
    }

    @Test func `without namespaces the limits still hold`() async throws {
        #expect(try await python(.none, "while True: pass", limits: Self.limits(wallTime: 0.3)).ending == .timedOut)
        let outcomes = try await attempts(.none, ["bytearray(10 << 30)"])
        #expect(outcomes.values.allSatisfy { $0 != "possible" })
    }
}

/// Processes of this machine with the text in their command line.
private func processes(withArgument text: String) -> Int {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return folders.filter { name in
        guard let id = Int32(name), id != getpid() else { return false }
        let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
        return String(decoding: words, as: UTF8.self).contains(text)
    }.count
}

/// The largest resident set this process had so far, in bytes.
private func residentPeak() -> Int {
    var usage = rusage()
    getrusage(CInt(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1_024
}
