import CPosix
import Glibc
import Supervision
import Testing

@Suite(.timeLimit(.minutes(2)))
struct ChildProcessTests {
    @Test func `a program's exit code is reported with what it used`() async throws {
        try await LoopBundle.with { bundle in
            let child = try ChildProcess(.init("/bin/sh", ["-c", "exit 7"]), on: bundle.loop)
            let exit = await child.waitForExit()
            #expect(exit.cause == .exited(code: 7))
            #expect(exit.maximumResidentBytes > 0)
            #expect(await child.waitForExit() == exit)
        }
    }

    @Test func `a signal to the group ends the program and its children`() async throws {
        try await LoopBundle.with { bundle in
            let (read, write) = try OwnedDescriptor.pipe()
            let script = "sleep 1000 & echo $!; wait"
            let child = try ChildProcess(
                .init("sh", ["-c", script], environment: ["PATH": "/bin:/usr/bin"], descriptors: [1: write.number]),
                on: bundle.loop)
            write.close()
            let grandchild = try #require(Int32(try readLine(from: read)))
            #expect(child.signalGroup(SIGKILL))
            #expect(await child.waitForExit().cause == .signalled(SIGKILL, dumpedCore: false))
            #expect(isGone(grandchild))
            #expect(!child.signal(SIGTERM))
        }
    }

    @Test func `what is left of a group is killed when its leader ends`() async throws {
        try await LoopBundle.with { bundle in
            let (read, write) = try OwnedDescriptor.pipe()
            let child = try ChildProcess(
                .init(
                    "/bin/sh", ["-c", "sleep 1000 & echo $!"], environment: ["PATH": "/bin:/usr/bin"],
                    descriptors: [1: write.number], killsGroupAtExit: true),
                on: bundle.loop)
            write.close()
            let grandchild = try #require(Int32(try readLine(from: read)))
            #expect(await child.waitForExit().isSuccess)
            #expect(isGone(grandchild))
        }
    }

    @Test func `a child gets the descriptors, variables and signal settings of its launch and nothing else`()
        async throws
    {
        try await LoopBundle.with { bundle in
            let (read, write) = try OwnedDescriptor.pipe()
            let (leakedRead, leakedWrite) = try OwnedDescriptor.pipe()
            _ = fcntl(leakedRead.number, F_SETFD, 0)
            let script = """
                echo $(ls /proc/self/fd | tr '\\n' ' ')
                grep -E 'SigBlk|SigIgn' /proc/self/status | tr -d '\\n\\t'
                echo
                env | grep -v -E '^(PWD|_|SHLVL)=' | tr '\\n' ' '
                pwd
                """
            let child = try ChildProcess(
                .init(
                    "/bin/bash", ["-c", script], environment: ["A": "1", "PATH": "/bin:/usr/bin"],
                    workingDirectory: "/usr", descriptors: [1: write.number, 5: write.number]),
                on: bundle.loop)
            write.close()
            #expect(await child.waitForExit().isSuccess)
            let lines = readAll(from: read).split(separator: "\n").map(String.init)
            // `ls` itself opens 3 for the folder.
            #expect(lines[0] == "0 1 2 3 5")
            // glibc ignores its own two signals, 32 and 33, in every child.
            #expect(lines[1].replacing("18000", with: "00000") == "SigBlk:0000000000000000SigIgn:0000000000000000")
            #expect(lines[2].contains("A=1"))
            #expect(lines[2].hasSuffix("/usr"))
            withExtendedLifetime((leakedRead, leakedWrite)) {}
        }
    }

    @Test func `descriptors can be swapped`() async throws {
        try await LoopBundle.with { bundle in
            let first = try OwnedDescriptor.pipe()
            let second = try OwnedDescriptor.pipe()
            let (low, high) = (
                min(first.write.number, second.write.number), max(first.write.number, second.write.number)
            )
            let child = try ChildProcess(
                .init(
                    "/bin/bash", ["-c", "echo to-low >&\(low); echo to-high >&\(high)"],
                    descriptors: [low: high, high: low]),
                on: bundle.loop)
            first.write.close()
            second.write.close()
            #expect(await child.waitForExit().isSuccess)
            let lowPipe = first.write.number == low ? first : second
            let highPipe = first.write.number == low ? second : first
            #expect(readAll(from: lowPipe.read) == "to-high\n")
            #expect(readAll(from: highPipe.read) == "to-low\n")
        }
    }

    @Test(arguments: [
        (ProgramLaunch("/nowhere/program"), "could not start the program /nowhere/program: no such file or directory"),
        (
            ProgramLaunch("no-such-program", environment: ["PATH": "/bin"]),
            "could not start the program no-such-program, which is not in its PATH: no such file or directory"
        ),
        (
            ProgramLaunch("/bin/true", workingDirectory: "/nowhere"),
            "could not start the program /bin/true in the folder /nowhere: no such file or directory"
        ),
        (ProgramLaunch("/etc/passwd"), "could not start the program /etc/passwd: permission denied"),
    ])
    func `a program that cannot be started says why`(launch: ProgramLaunch, sentence: String) async throws {
        try await LoopBundle.with { bundle in
            let error = #expect(throws: SystemError.self) { try ChildProcess(launch, on: bundle.loop) }
            #expect(error?.description == sentence)
        }
    }

    @Test func `many children at once are all reaped`() async throws {
        try await LoopBundle.with { bundle in
            let children = try (0..<100).map { code in
                try ChildProcess(.init("/bin/sh", ["-c", "exit \(code)"]), on: bundle.loop)
            }
            for (code, child) in children.enumerated() {
                #expect(await child.waitForExit().cause == .exited(code: CInt(code)))
            }
        }
    }
}

/// Reads one line, without its end.
private func readLine(from descriptor: OwnedDescriptor) throws -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor.number, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
}

private func readAll(from descriptor: OwnedDescriptor) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while case let count = read(descriptor.number, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
}

/// Waits until a process that was killed has really gone (or is a zombie that only its parent can remove).
private func isGone(_ process: Int32) -> Bool {
    let pidfd = cposix_pidfd_open(process)
    guard pidfd >= 0 else { return true }
    defer { close(pidfd) }
    var watched = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
    return poll(&watched, 1, 10_000) == 1
}
