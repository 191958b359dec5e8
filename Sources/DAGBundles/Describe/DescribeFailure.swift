/// Puts into words how a DAG file failed to describe itself.
enum DescribeFailure {
    static func error(_ result: JailResult, _ path: String) -> ImportError {
        let limits = JailLimits.describing
        switch result.ending {
        case .timedOut:
            return ImportError(
                file: path,
                message: "describing it took longer than \(Int(limits.wallTime)) s: body() must not loop or wait")
        case .wroteTooMuch:
            return ImportError(
                file: path,
                message:
                    "its description or messages exceed \(limits.standardOutput >> 20) MiB: declare fewer tasks, or map"
            )
        case .signalled(24):
            return ImportError(
                file: path, message: "describing it used more than \(limits.cpuTime) s of CPU: body() must not compute")
        case .signalled(let signal): return trap(signal, result.standardError, path)
        case .exited(let code):
            let reason = Diagnostics.lastLines(result.standardError)
            return ImportError(
                file: path, message: "it cannot be loaded: " + (reason.isEmpty ? "it ended with code \(code)" : reason))
        }
    }

    /// Swift's runtime prints `module/file.swift:12: Fatal error: reason` before it traps.
    private static func trap(_ signal: CInt, _ text: String, _ path: String) -> ImportError {
        for line in text.split(separator: "\n").reversed() {
            guard let message = line.firstRange(of: "Fatal error") else { continue }
            let place = line[..<message.lowerBound].split(separator: ":")
            let name = place.first?.split(separator: "/").last.map(String.init)
            let isHere = name == path.split(separator: "/").last.map(String.init)
            let row = place.count > 1 && isHere ? Int(place[1]) : nil
            return ImportError(
                file: path, line: row, message: "body() traps: \(line[message.lowerBound...].prefix(300))")
        }
        return ImportError(file: path, message: "describing it crashed with signal \(signal)")
    }
}
