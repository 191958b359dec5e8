import Foundation

/// The processes of this machine that have to do with a folder: by their command lines, environments, working folders.
func processes(of folder: String, running program: String? = nil) -> [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { id in
        guard id != getpid() else { return false }
        let line = text("/proc/\(id)/cmdline")
        if let program, !line.contains(program) { return false }
        let place = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(id)/cwd")) ?? ""
        return [line, text("/proc/\(id)/environ"), place].contains { $0.contains(folder) }
    }
}

private func text(_ file: String) -> String {
    String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
}
