import DAGModel
import Foundation
import Glibc
import Postgres

/// What the machine itself needs, measured between the repetitions of the workloads.
struct Floors {
    /// Seconds of commits that change one row.
    private(set) var commits: [Double] = []
    /// Seconds from posix_spawn of a static C program to its end.
    private(set) var spawns: [Double] = []

    private let program: String

    /// Compiles the C program.
    init(_ installation: Installation) async throws {
        program = installation.folder + "/build/hello"
        try Data("int main(void) { return 0; }\n".utf8).write(to: URL(filePath: program + ".c"))
        _ = try output(of: "cc", ["-O2", "-static", "-o", program, program + ".c"])
        _ = try await installation.query("CREATE TABLE bench_floor (id int PRIMARY KEY, n int) WITH (fillfactor = 70)")
        _ = try await installation.query("INSERT INTO bench_floor VALUES (1, 0)")
    }

    var commit: Double { commits.quantile(0.5) }
    var spawn: Double { spawns.quantile(0.5) }

    mutating func measure(_ installation: Installation, count: Int = 40) async throws {
        let clock = ContinuousClock()
        for _ in 0..<count {
            let start = clock.now
            _ = try await installation.query("UPDATE bench_floor SET n = n + 1 WHERE id = 1")
            commits.append((clock.now - start).inSeconds)
            spawns.append(try spawnOnce(clock))
        }
    }

    private func spawnOnce(_ clock: ContinuousClock) throws -> Double {
        var process: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), nil]
        defer { free(arguments[0]) }
        let start = clock.now
        let code = posix_spawn(&process, program, nil, nil, &arguments, environ)
        guard code == 0, waitpid(process, nil, 0) == process else {
            throw BenchError("\(program) could not be started: \(String(cString: strerror(code)))")
        }
        return (clock.now - start).inSeconds
    }
}

extension [Double] {
    /// The value below which this part of the values lies; 0 without values.
    func quantile(_ part: Double) -> Double {
        guard !isEmpty else { return 0 }
        return sorted()[Int((Double(count - 1) * part).rounded())]
    }
}
