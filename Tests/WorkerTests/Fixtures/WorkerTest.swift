import DAGKit
import Glibc

struct Oops: Error, CustomStringConvertible { let description = "the disk is full of cats" }

/// Tells the test that the body has come this far: the FIFO named by a variable of the environment gets a byte.
func signal(_ context: TaskContext) async throws {
    let path = try await context.variable("fifo")
    let file = open(path, O_WRONLY)
    write(file, "x", 1)
    close(file)
}

func say(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
        guard let start = bytes.baseAddress else { return }
        var written = 0
        while written < bytes.count {
            let count = write(1, start + written, bytes.count - written)
            if count <= 0 { return }
            written += count
        }
    }
}

func shell(_ command: String, wait: Bool = true) {
    var pid: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sh"), strdup("-c"), strdup(command), nil]
    posix_spawn(&pid, "/bin/sh", nil, nil, &arguments, environ)
    if wait { waitpid(pid, nil, 0) }
}

@MainActor var onMain = 0
@MainActor func countOnMain() async throws -> Int {
    onMain += 20
    try await Task.sleep(for: .milliseconds(5))
    onMain += 22
    return onMain
}

func deeper(_ depth: Int) -> Int { depth == Int.max ? 0 : 1 + deeper(depth + 1) &* 3 }

/// Writes to the sockets of this process, past the library.
func forge(_ bytes: [UInt8]) {
    for file in CInt(3)..<64 {
        var kind: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(file, SOL_SOCKET, SO_TYPE, &kind, &length) == 0 else { continue }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EAGAIN {
                usleep(1_000)
                continue
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

@main
struct WorkerTest: DAG {
    struct Params: DAGParams { var greeting = "hello" }

    func body() {
        task("empty") { _ in }
        let seven = task("seven") { _ in 7 }
        let list = task("list") { _ in [10, 20, 30] }
        task("add", seven) { _, seven in seven + 1 }
        task("double", each: list, seven) { context, element, seven in element * 2 + seven + context.mapIndex }
        task("params") { context in try context.params(Params.self).greeting }
        task("print") { _ in
            print("first line")
            print("second line")
        }
        task("live") { context in
            print("before")
            try await signal(context)
        }
        task("wait") { context in try await signal(context) }
        task("throw") { _ in throw Oops() }
        task("skip") { _ in throw SkipTask("nothing to do on Sundays") }
        task("fail") { _ in throw FailTask("the model is not a model") }
        task("branch", seven) { _, _ in Branch() }
        task("trap") { _ in
            print("about to trap")
            let numbers = [1, 2, 3]
            return numbers[Int(getpid())]
        }
        task("exit") { _ in exit(3) }
        task("abort") { _ in abort() }
        task("overflow") { _ in deeper(0) }
        task("close_output") { _ in
            print("seen")
            fflush(nil)
            close(1)
            close(2)
        }
        task("binary") { _ in
            let bytes = (0..<1_024).map { UInt8(truncatingIfNeeded: $0) }
            write(1, bytes, bytes.count)
        }
        task("long_line") { _ in
            let line = String(repeating: "a", count: 1 << 20)
            for _ in 0..<100 { say(line) }
        }
        task("gigabyte") { _ in
            let line = String(repeating: "0123456789abcde\n", count: 1 << 16)
            for _ in 0..<1_024 { say(line) }
        }
        task("daemon") { _ in
            shell("setsid sleep 1000 & echo started")
            return 1
        }
        task("background") { context in
            shell("sleep 1000 & sleep 1001 & setsid sh -c 'sleep 1002 & wait' & wait", wait: false)
            try await signal(context)
            shell("sleep 1003")
        }
        task("main_actor") { _ in try await countOnMain() }
        task("sleep") { _ in
            try await Task.sleep(for: .milliseconds(20))
            return 1
        }
        task("detached") { _ in
            await withTaskGroup(of: Int.self) { group in
                for number in 1...20 { group.addTask { number } }
                return await Task.detached { 1 }.value + group.reduce(0, +)
            }
        }
        task("connection") { context in
            let connection = try await context.connection("minio")
            let password = connection.password ?? ""
            say("password=\(password.prefix(5))")
            say("\(password.dropFirst(5))\n")
            throw FailTask("could not log in with \(password)")
        }
        task("large") { _ in String(repeating: "a", count: 150_000) }
        task("flood_reports") { context in
            try await signal(context)
            for step in 0... { context.metric("loss", 0.5, step: step) }
        }
        task("flood_questions") { context in
            try await signal(context)
            // A frame of 7 bytes: question 1, for the variable "fifo".
            let question: [UInt8] = [8, 0, 0, 0, 2, 1, 3, 4] + Array("fifo".utf8)
            let many = Array(repeatElement(question, count: 1_000).joined())
            while true { forge(many) }
        }
        task("garbage") { _ in
            forge([4, 0, 0, 0, 250, 251, 252, 253])
            sleep(1_000)
        }
        task("giant") { _ in
            forge([255, 255, 255, 255])
            sleep(1_000)
        }
        task("verbose") { _ in throw FailTask(String(repeating: "no ", count: 100_000)) }
        task("long_report") { context in context.progress(String(repeating: "a", count: 100_000)) }
        task("patient") { context in
            do {
                try await signal(context)
                try await Task.sleep(for: .seconds(600))
            } catch is CancellationError {
                print("cleaning up")
                throw CancellationError()
            }
        }
        task("stubborn") { context in
            try await signal(context)
            while true { usleep(10_000) }
        }
        task("folder") { _ in
            var buffer = [CChar](repeating: 0, count: 4_096)
            getcwd(&buffer, buffer.count)
            let files = getenv("SLIPSTREAM_FILES").map { String(cString: $0) } ?? ""
            return [String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self), files]
        }
        task("witness") { context in
            let path = try await context.variable("witness")
            let file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            let start = "+\(now.tv_sec * 1_000_000_000 + now.tv_nsec)\n"
            write(file, start, start.utf8.count)
            usleep(2_000)
            clock_gettime(CLOCK_MONOTONIC, &now)
            let end = "-\(now.tv_sec * 1_000_000_000 + now.tv_nsec)\n"
            write(file, end, end.utf8.count)
            close(file)
        }
    }
}
