/// Reads the compiler's messages: `./a/b.swift:3:7: error: cannot find 'x' in scope`.
enum Diagnostics {
    /// The errors, in the order of the compiler, each once; at most 50.
    static func errors(in text: String) -> [ImportError] {
        var errors: [ImportError] = []
        for line in text.split(separator: "\n") {
            guard let error = error(line), !errors.contains(error) else { continue }
            errors.append(error)
            if errors.count == 50 { break }
        }
        return errors
    }

    private static func error(_ line: Substring) -> ImportError? {
        let parts = line.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, let row = Int(parts[1]), let column = Int(parts[2]), parts[3] == " error" else {
            return nil
        }
        let file = parts[0].hasPrefix("./") ? parts[0].dropFirst(2) : parts[0]
        return ImportError(
            file: String(file), line: row, column: column, message: parts[4].drop { $0 == " " }.description)
    }

    /// Why a compiler gave up without naming a place.
    static func reason(_ result: JailResult) -> String {
        let limits = JailLimits.compiling
        switch result.ending {
        case .timedOut:
            return
                "compiling took longer than \(Int(limits.wallTime)) s and was stopped: simplify its largest expressions"
        case .wroteTooMuch: return "the compiler wrote too much: its messages or the compiled file exceed the limits"
        case .signalled(24), .signalled(9):
            return "compiling used more than \(limits.cpuTime) s of CPU or too much memory and was stopped"
        case .signalled(let signal):
            return "the compiler crashed with signal \(signal): \(lastLines(result.standardError))"
        case .exited(let code): return "compiling failed with code \(code): \(lastLines(result.standardError))"
        }
    }

    /// The end of a program's messages, short enough for one error.
    static func lastLines(_ text: String) -> String {
        text.split(separator: "\n").suffix(3).map { String($0.prefix(300)) }.joined(separator: " / ")
    }
}
