import DAGModel
import Foundation

/// Shows the tasks of a run until it has ended: a table drawn again in place on a terminal, else a line for each change.
actor RunFollower {
    private let client: APIClient
    private let run: JSONValue
    private let terminal: Terminal
    private var board: RunBoard
    private var lines = LineCutter()
    private var drawn = 0
    private var isQuiet = false

    init(client: APIClient, run: JSONValue, tasks: [String], terminal: Terminal) {
        self.client = client
        self.run = run
        self.terminal = terminal
        board = RunBoard(tasks: tasks)
    }

    /// Follows to the end and tells it; returns the run as it ended.
    ///
    /// A server that goes away is asked again for a minute: the run goes on without us.
    func follow(quietly isQuiet: Bool) async throws -> JSONValue {
        self.isQuiet = isQuiet
        if !isQuiet { Terminal.write("\(Format.text(run["dag_id"]))  \(Format.text(run["dag_run_id"]))\n") }
        var deadline = ContinuousClock.now + .seconds(60)
        while !board.hasEnded {
            do {
                try await client.stream(run.runPath + ["wait"], [("interval", "0.1")], accept: "application/x-ndjson") {
                    chunk in
                    await self.received(chunk)
                }
                deadline = .now + .seconds(60)
            } catch let failure as CommandFailure where failure.status == .unreachable && ContinuousClock.now < deadline
            {
                lines = LineCutter()
                try await Task.sleep(for: .seconds(1))
            }
        }
        let end = try await client.get(run.runPath)
        if !isQuiet { finish(end) }
        return end
    }

    private func received(_ chunk: [UInt8]) {
        for line in lines.add(chunk) {
            var reader = JSONReader(line)
            guard let value = reader.read() else { continue }
            let changes = board.update(value)
            if !isQuiet { show(changes) }
        }
    }

    private func show(_ changes: [RunBoard.Change]) {
        if terminal.canRedraw { return redraw() }
        for change in changes { Terminal.write(change.line(at: Format.now) + "\n") }
    }

    private func redraw() {
        var text = board.table(now: Format.now).lines(terminal)
        // What does not fit on the screen cannot be drawn over.
        if let height = terminal.height, text.count > height - 2 {
            text = text.prefix(height - 3) + ["… and \(text.count - height + 3) more tasks"]
        }
        let up = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
        Terminal.write(up + text.map { "\u{1B}[2K\($0)\n" }.joined() + "\u{1B}[J")
        drawn = text.count
    }

    private func finish(_ end: JSONValue) {
        let state = Format.text(end["state"])
        let styled = Style(state: state).applied(to: state, terminal)
        Terminal.write("\(styled) after \(Format.duration(of: end, now: Format.now))\n")
        let name = Format.text(end["dag_run_id"])
        for task in board.failed { Terminal.complain("dagctl: \(task.sentence); see dagctl logs \(name) \(task.id)") }
    }
}

/// Cuts a stream of bytes into lines.
struct LineCutter {
    private var rest: [UInt8] = []

    /// The lines that are complete now.
    mutating func add(_ chunk: [UInt8]) -> [String] {
        rest += chunk
        guard let end = rest.lastIndex(of: 0x0A) else { return [] }
        let lines = rest[..<end].split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        rest.removeFirst(end + 1)
        return lines
    }
}
