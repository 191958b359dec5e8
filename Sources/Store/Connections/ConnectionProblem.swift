/// One thing that is wrong in a file of connections.
package struct ConnectionProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The connection's id; none where the file as a whole is at fault.
    package var connection: String?
    /// What is wrong and what to do; never a value.
    package var reason: String

    package var description: String { connection.map { "connection \"\($0)\": \(reason)" } ?? reason }
}

/// Everything that is wrong in a file of connections. Nothing of it was imported.
package struct ConnectionFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package var file: String
    package var problems: [ConnectionProblem]

    package var description: String {
        let lines = problems.map { "\(file): \($0)" } + ["nothing was imported"]
        return lines.joined(separator: "\n")
    }
}
