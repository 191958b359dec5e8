/// A NOTIFY that arrived.
package struct PostgresNotification: Sendable, Hashable {
    package let channel: String
    package let payload: String
    /// The server's process that sent it: compare with `backendProcess` to tell one's own.
    package let backendProcess: Int32

    package init(channel: String, payload: String, backendProcess: Int32) {
        self.channel = channel
        self.payload = payload
        self.backendProcess = backendProcess
    }
}
