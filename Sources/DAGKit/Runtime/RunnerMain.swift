internal import Glibc

/// What `slipstream-runner` does, after it has loaded this library.
///
/// - `describe FILE.so` prints the description of a compiled DAG file to standard output; whatever the file itself prints goes to
///   standard error.
/// - `serve` obeys the supervisor at the other end of the socket that is file descriptor 3, and forks the processes of tasks.
@c(slipstream_runner_main)
public func runnerMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    let words = (0..<Int(count)).compactMap { arguments[$0].map { String(cString: $0) } }
    switch words.dropFirst().first {
    case "describe" where words.count == 3: return describe(words[2])
    case "serve" where words.count == 2:
        // Meant for this process, not for the programs that tasks start.
        unsetenv("LD_BIND_NOW")
        var runner = RunnerProcess(control: 3)
        runner.serve()
    default:
        FileDescriptorOutput.standardError.write("usage: slipstream-runner describe FILE.so | serve\n")
        return 64
    }
}

/// Exit codes after `sysexits.h`: 65 when the file is no DAG file, 1 when its DAG cannot be described.
private func describe(_ path: String) -> CInt {
    let output = FileDescriptorOutput(descriptor: dup(1))
    dup2(2, 1)
    do {
        let definition = try LoadedDAG.load(path)
        output.write(try encodeOutput(definition.description()))
        return 0
    } catch {
        FileDescriptorOutput.standardError.write("\(error)\n")
        return error is LoadError ? 65 : 1
    }
}
