/// What the bodies of tasks wrote down themselves: a line `WORD TASK PID NANOSECONDS` at the beginning, again and again while they live,
/// and at the end.
struct Witness {
    struct Record {
        let word: String
        let task: String
        let pid: Int
        let at: Int64
    }

    let records: [Record]

    init(_ text: String) {
        records = text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count == 4, let pid = Int(parts[2]), let at = Int64(parts[3]) else { return nil }
            return Record(word: parts[0], task: parts[1], pid: pid, at: at)
        }
    }

    /// Tasks whose bodies began.
    var begun: Set<String> { Set(records.filter { $0.word == "begin" }.map(\.task)) }
    /// Each task as often as one of its bodies came to its end.
    var ended: [String] { records.filter { $0.word == "end" }.map(\.task).sorted() }

    func pids(_ task: String) -> [Int] { records.filter { $0.task == task && $0.word == "begin" }.map(\.pid) }

    /// Pairs of bodies of one task that lived at the same time.
    var overlaps: [String] {
        begun.sorted().flatMap { task -> [String] in
            let lives = Dictionary(grouping: records.filter { $0.task == task }, by: \.pid).values
                .map { life in (pid: life[0].pid, from: life.map(\.at).min() ?? 0, to: life.map(\.at).max() ?? 0) }
                .sorted { $0.from < $1.from }
            return zip(lives, lives.dropFirst()).filter { $0.to >= $1.from }.map { "\(task): \($0.pid) and \($1.pid)" }
        }
    }
}
