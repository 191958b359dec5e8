import Foundation
import Logging

/// The log of services: one line each on standard error, with time, level and part.
struct ServiceLog: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    let part: String

    /// `SLIPSTREAM_LOG_LEVEL` is one of swift-log's levels. Defaults to `info`.
    static func make(_ part: String) -> Logger {
        let named = ProcessInfo.processInfo.environment["SLIPSTREAM_LOG_LEVEL"].flatMap(Logger.Level.init(rawValue:))
        return Logger(label: part) { ServiceLog(logLevel: named ?? .info, part: $0) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let level = event.level.rawValue.uppercased()
        let line = "\(Date.now.formatted(.iso8601)) \(level) [\(part)] \(event.message)\n"
        FileHandle.standardError.write(Data(line.utf8))
    }
}
