internal import CPostgres

/// libpq's connection. What waits for it, and when, is decided by `PostgresConnection`.
final class LibpqHandle: @unchecked Sendable {
    // @unchecked: used by its connection's actor only, but for the end, when nobody uses it any more.
    let pointer: OpaquePointer
    /// The hosts to connect to, as the user named them.
    private let hosts: String
    /// What the server said when it ended the connection unasked.
    private(set) var farewell: String?

    /// Begins to connect; never blocks when `hostaddr` is given for every host name.
    init(starting keywords: [String: String]) throws {
        let sorted = keywords.sorted { $0.key < $1.key }
        let pointer = withConstantCStrings(sorted.map(\.key)) { keys in
            withConstantCStrings(sorted.map(\.value)) { values in PQconnectStartParams(keys, values, 0) }
        }
        guard let pointer else {
            throw PostgresError.cannotConnect(reason: "there is no memory for a connection")
        }
        self.pointer = pointer
        hosts = keywords["host"] ?? ""
        PQsetNoticeReceiver(
            pointer,
            { owner, notice in
                guard let owner, let notice else { return }
                Unmanaged<LibpqHandle>.fromOpaque(owner).takeUnretainedValue().noticed(notice)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { PQfinish(pointer) }

    var socket: CInt { PQsocket(pointer) }
    var isBroken: Bool { PQstatus(pointer) == CONNECTION_BAD }
    var errorMessage: String { PostgresError.trimmed(PQerrorMessage(pointer)) }

    private func noticed(_ notice: OpaquePointer) {
        let (error, isFatal) = PostgresError.from(notice, sql: "")
        if isFatal, case .server(let server) = error { farewell = server.message }
    }

    /// Why it could not connect. libpq tells the address only, when it was given one.
    var connectError: PostgresError {
        let message = errorMessage
        return .cannotConnect(reason: message.contains(hosts) || hosts.isEmpty ? message : "\(hosts): \(message)")
    }

    /// Queues the making of a prepared statement.
    func prepare(_ name: String, _ text: String, types: [UInt32]) -> Bool {
        PQsendPrepare(pointer, name, text, CInt(types.count), types) == 1
    }

    /// Queues the run of a prepared statement; results come in binary form.
    func execute(_ name: String, _ parameters: PostgresParameters) -> Bool {
        parameters.withPointers { values, lengths, formats in
            PQsendQueryPrepared(pointer, name, CInt(values.count), values, lengths, formats, 1) == 1
        }
    }

    /// Queues a statement that is not worth preparing.
    func execute(text: String, _ parameters: PostgresParameters) -> Bool {
        parameters.withPointers { values, lengths, formats in
            PQsendQueryParams(
                pointer, text, CInt(values.count), parameters.types, values, lengths, formats, 1) == 1
        }
    }

    /// Asks the server, on a connection of its own, to cancel what it does for this one. Blocks.
    func canceller() -> @Sendable () -> Void {
        let cancel = CancelRequest(PQgetCancel(pointer))
        return { cancel.send() }
    }
}

private final class CancelRequest: @unchecked Sendable {
    // @unchecked: libpq allows PQcancel from any thread.
    private let pointer: OpaquePointer?

    init(_ pointer: OpaquePointer?) { self.pointer = pointer }

    deinit { PQfreeCancel(pointer) }

    func send() {
        var message = [CChar](repeating: 0, count: 256)
        PQcancel(pointer, &message, CInt(message.count))
    }
}

/// Lends the strings as a null-terminated array of C strings.
private func withConstantCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let copies = strings.map { Array($0.utf8CString) }
    func lend(_ rest: ArraySlice<[CChar]>, _ pointers: [UnsafePointer<CChar>?]) -> Result {
        guard let first = rest.first else { return body(pointers + [nil]) }
        return first.withUnsafeBufferPointer { lend(rest.dropFirst(), pointers + [$0.baseAddress]) }
    }
    return lend(copies[...], [])
}
