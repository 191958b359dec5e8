import Foundation

/// What standard output is: how wide, and whether it understands colours and moving the cursor.
struct Terminal: Sendable {
    /// The columns that a line may have; nil for as many as it needs, in a pipe.
    var width: Int?
    /// The rows of a screen; nil when the output is no terminal.
    var height: Int?
    var hasColours: Bool

    static let current = Terminal(environment: ProcessInfo.processInfo.environment)

    init(width: Int?, height: Int? = nil, hasColours: Bool = false) {
        self.width = width
        self.height = height
        self.hasColours = hasColours
    }

    init(environment: [String: String]) {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        var size = winsize()
        let isKnown = isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let named = environment["COLUMNS"].flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
        let isDumb = environment["TERM"] ?? "dumb" == "dumb"
        width = isKnown ? Int(size.ws_col) : named ?? (isTerminal ? 80 : nil)
        height = isTerminal && !isDumb ? (isKnown ? Int(size.ws_row) : 24) : nil
        hasColours = isTerminal && !isDumb && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// Whether lines can be drawn again in place.
    var canRedraw: Bool { height != nil }

    /// Whether somebody can be asked.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// Writes at once, also into a pipe.
    static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}

/// How a text is shown on a terminal that has colours.
enum Style: String, Sendable {
    case plain = "0"
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
    case magenta = "35"
    case cyan = "36"

    /// The style of a state of Airflow's.
    init(state: String) {
        switch state {
        case "success": self = .green
        case "failed": self = .red
        case "running", "restarting": self = .cyan
        case "upstream_failed", "up_for_retry", "up_for_reschedule", "awaiting_input": self = .yellow
        case "skipped", "removed", "deferred": self = .magenta
        case "queued", "scheduled": self = .blue
        default: self = .dim
        }
    }

    func applied(to text: String, _ terminal: Terminal) -> String {
        self == .plain || !terminal.hasColours ? text : "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }
}
