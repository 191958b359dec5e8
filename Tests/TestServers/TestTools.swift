internal import Foundation

/// The servers that `scripts/test-tools.sh` installs.
package enum TestTools {
    /// `.local/test-tools` of the repository, or the folder that `SLIPSTREAM_TEST_TOOLS` names.
    package static let folder: String = {
        if let folder = ProcessInfo.processInfo.environment["SLIPSTREAM_TEST_TOOLS"] { return folder }
        return URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "../../.local/test-tools").standardizedFileURL.path
    }()

    /// Whether rclone and moto are there; says so when they are not.
    package static let areInstalled: Bool = {
        let missing = ["rclone", "moto_server"].filter {
            !FileManager.default.isExecutableFile(atPath: "\(folder)/bin/\($0)")
        }
        if !missing.isEmpty {
            print(
                "skipped: suites that need an S3 server: no \(missing.joined(separator: ", ")) in \(folder)/bin; run scripts/test-tools.sh"
            )
        }
        return missing.isEmpty
    }()
}
