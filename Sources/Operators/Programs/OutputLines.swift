internal import Synchronization

/// Follows a program's standard output: remembers the last line that is not empty, and shows each line to a function.
final class OutputLines: Sendable {
    private struct State: Sendable {
        var splitter = LineSplitter()
        var last: [UInt8] = []
    }

    private let state = Mutex(State())
    private let each: @Sendable ([UInt8]) -> Void

    init(each: @escaping @Sendable ([UInt8]) -> Void = { _ in }) { self.each = each }

    func take(_ stream: ProgramStream, _ bytes: [UInt8]) {
        guard stream == .output else { return }
        forward { $0.take(bytes, $1) }
    }

    /// The last line that is not empty, without white space at its end.
    func finish() -> String {
        forward { $0.finish($1) }
        return state.withLock { String(decoding: $0.last, as: UTF8.self) }
    }

    private func forward(_ split: (inout LineSplitter, ([UInt8]) -> Void) -> Void) {
        let lines = state.withLock { state in
            var lines: [[UInt8]] = []
            split(&state.splitter) { lines.append($0) }
            if let last = lines.last(where: { !$0.trailingSpaceRemoved.isEmpty }) {
                state.last = last.trailingSpaceRemoved
            }
            return lines
        }
        for line in lines { each(line) }
    }
}

extension [UInt8] {
    fileprivate var trailingSpaceRemoved: [UInt8] {
        guard let end = lastIndex(where: { ![0x20, 0x09, 0x0D].contains($0) }) else { return [] }
        return [UInt8](self[...end])
    }
}
