internal import CPostgres

extension PostgresError {
    /// The error of a failed result. A fatal one means that the server ended the connection.
    static func from(_ result: OpaquePointer, sql: String) -> (error: PostgresError, isFatal: Bool) {
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, CInt(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        let sqlState = field("C") ?? ""
        let message = field("M") ?? trimmed(PQresultErrorMessage(result))
        let source = field("R")
        let error = ServerError(
            sqlState: sqlState, message: message, detail: field("D"), hint: field("H"), constraint: field("n"),
            sql: excerpt(sql, position: field("P").flatMap { Int($0) }),
            // A plan that no longer fits is told from other "not supported" errors only by where it is raised; 26000 is
            // a prepared statement that somebody discarded.
            isStalePlan: sqlState == "0A000" && source == "RevalidateCachedQuery" || sqlState == "26000")
        return (.server(error), ["FATAL", "PANIC"].contains(field("V")))
    }

    static func trimmed(_ message: UnsafePointer<CChar>?) -> String {
        let lines = message.map { String(cString: $0) } ?? ""
        return lines.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " || $0 == "\t" } }.joined(
            separator: " ")
    }

    /// A long text is shown as the line that the error is in, where the server tells it.
    private static func excerpt(_ sql: String, position: Int?) -> String {
        guard let position, sql.count > 200 else { return shortened(sql) }
        let before = sql.prefix(position - 1)
        let number = before.count { $0.isNewline } + 1
        let start = before.lastIndex { $0.isNewline }.map { sql.index(after: $0) } ?? sql.startIndex
        return "line \(number): \(shortened(sql[start...].prefix { !$0.isNewline }))"
    }

    private static func shortened(_ sql: some StringProtocol) -> String {
        let line = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count <= 200 ? line : line.prefix(200) + "…"
    }
}
