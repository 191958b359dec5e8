import Foundation
import Store

/// The data folder and the secrets in it.
struct FolderChecks {
    let folder: DataFolder

    func all() -> [CheckResult] { [writable(), space()] + secrets() + [keys()] }

    private func writable() -> CheckResult {
        let key = "data folder"
        var status = stat()
        guard stat(folder.path, &status) == 0 else { return creatable() }
        let rule = "must be a folder that you may write to, and nobody else may read"
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return .problem(key, folder.path, rule: rule, remedy: "name another folder with --data or SLIPSTREAM_DATA")
        }
        guard access(folder.path, W_OK | X_OK) == 0 else {
            return .problem(
                key, folder.path, rule: rule, remedy: "run as the folder's owner, or name another with SLIPSTREAM_DATA")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            return .warning(key, "\(folder.path), mode 0\(mode)", rule: rule, remedy: "chmod 700 '\(folder.path)'")
        }
        return .ok(key, folder.path)
    }

    /// The folder is made by `dagctl standalone`, in the nearest folder that exists.
    private func creatable() -> CheckResult {
        var parent = folder.path
        while !FileManager.default.fileExists(atPath: parent), parent.count > 1 {
            parent = (parent as NSString).deletingLastPathComponent
        }
        guard access(parent, W_OK | X_OK) == 0 else {
            return .problem(
                "data folder", folder.path, rule: "does not exist, and you may not write to \(parent)",
                remedy: "name another folder with --data or SLIPSTREAM_DATA")
        }
        return .ok("data folder", "\(folder.path) (dagctl standalone will make it)")
    }

    private static let leastSpace: UInt64 = 1 << 30

    private func space() -> CheckResult {
        var parent = folder.path
        while !FileManager.default.fileExists(atPath: parent), parent.count > 1 {
            parent = (parent as NSString).deletingLastPathComponent
        }
        var status = statvfs()
        guard statvfs(parent, &status) == 0 else {
            return .warning("free space", "unknown", rule: "must be at least 1 GiB", remedy: "look with df '\(parent)'")
        }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        let text = String(format: "%.1f GiB", Double(free) / Double(1 << 30))
        guard free >= Self.leastSpace else {
            return .problem(
                "free space", text, rule: "must be at least 1 GiB: database, logs and artifacts lie there",
                remedy: "free some space on the disk of \(parent), or name a folder on another one")
        }
        return .ok("free space", text)
    }

    private func secrets() -> [CheckResult] {
        ["token", "worker-token", "api.json"].compactMap { name in
            var status = stat()
            guard stat(folder.file(name), &status) == 0 else { return nil }
            guard status.st_mode & 0o077 == 0 else {
                return .problem(
                    name, "\(folder.file(name)), mode 0\(String(status.st_mode & 0o777, radix: 8))",
                    rule: "must be readable by its owner alone", remedy: "chmod 600 '\(folder.file(name))'")
            }
            return .ok(name, "mode 0600")
        }
    }

    private func keys() -> CheckResult {
        let file = folder.file("keys")
        guard FileManager.default.fileExists(atPath: file) else {
            return .ok("keys", "none yet (dagctl standalone will make \(file))")
        }
        do {
            let ring = try KeyRing.load(file)
            return .ok("keys", "\(ring.keyIDs.count), encrypting with \(ring.currentKeyID)")
        } catch {
            return .problem(
                "keys", file, rule: error.reason, remedy: "without its key ring the stored secrets cannot be read")
        }
    }
}
