/// How the program ends, for scripts. A change of a number breaks them.
enum ExitStatus: Int32, CaseIterable {
    case success = 0
    case failed = 1
    case wrongUsage = 2
    case notFound = 3
    case unreachable = 4
    case notAllowed = 5

    var meaning: String {
        switch self {
        case .success: "success"
        case .failed: "the run, the task or the operation failed"
        case .wrongUsage: "wrong usage or bad input"
        case .notFound: "there is no such DAG, run, task, connection, variable or pool"
        case .unreachable: "the server cannot be reached"
        case .notAllowed: "the token is missing, wrong or not allowed to do this"
        }
    }

    static var help: String {
        "EXIT CODES:\n" + allCases.map { "  \($0.rawValue)  \($0.meaning)" }.joined(separator: "\n")
    }
}

/// Why a command failed: what, where and what to do, in one sentence.
struct CommandFailure: Error, Hashable {
    var status: ExitStatus
    var sentence: String

    init(_ status: ExitStatus, _ sentence: String) {
        self.status = status
        self.sentence = sentence
    }
}
