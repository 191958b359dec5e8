import Foundation
import TestServers
import Testing

enum Source {
    /// The folder of these tests.
    static let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().path
}

/// Recorded outputs, one text file each; `Snapshots/README.md` says how to record them anew.
enum Snapshot {
    private static let isRecording = ProcessInfo.processInfo.environment["SLIPSTREAM_RECORD"] == "1"

    /// Compares a text with its recorded one, or records it.
    static func check(_ name: String, _ text: String, _ location: SourceLocation = #_sourceLocation) throws {
        let file = URL(filePath: "\(Source.folder)/Snapshots/\(name).txt")
        if isRecording {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            return try Data(text.utf8).write(to: file)
        }
        let recorded = try? String(contentsOf: file, encoding: .utf8)
        guard recorded != text else { return }
        Issue.record(
            "\(name) is not as recorded. Recorded:\n\(recorded ?? "nothing")\nNow:\n\(text)", sourceLocation: location)
    }
}

extension String {
    /// The text with what differs from run to run replaced; times and durations keep their widths, so that tables stay as they are.
    func normalised(_ server: Standalone) throws -> String {
        var text = replacing(server.folder.path, with: "FOLDER").replacing(try server.url, with: "URL")
            .replacing(ProcessInfo.processInfo.hostName, with: "HOST")
        text.replace(#/20[2-8]\d-\d\d-\d\d \d\d:\d\d:\d\d/#, with: "YYYY-MM-DD hh:mm:ss")
        text.replace(#/20[2-8]\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)/#, with: "TIME")
        text.replace(#/local\/[0-9a-f]{16}/#, with: "local/0123456789abcdef")
        text.replace(#/\d+\.\d+ s\b/#, with: "N.NN s")
        text.replace(#/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, with: "UUID")
        text.replace(#/"(id|asset_id|dag_version_id|import_error_id|pid|queued_by_job_id|duration)": [0-9.e-]+/#) {
            "\"\($0.output.1)\": N"
        }
        return text
    }
}
