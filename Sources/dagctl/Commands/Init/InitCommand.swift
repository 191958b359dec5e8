import ArgumentParser
import Foundation

/// `dagctl init`
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a repository for DAGs, with an example and a test.",
        discussion: """
            The folder has a Swift package, so that editors complete DAG code and swift test runs its tests; the server reads only \
            the folder dags.

            Example: dagctl init my-dags && cd my-dags && swift test
            """)

    @Argument(
        help: "The folder to make. Its last part names the package: letters, digits, - and _, beginning with a letter.")
    var name: String

    @Option(
        name: .customLong("dagkit"),
        help: ArgumentHelp("The folder of the DAGKit package. Defaults to the installed one.", valueName: "folder"))
    var dagKit: String?

    func run() async throws {
        let package = (name as NSString).lastPathComponent
        guard Self.isName(package) else {
            throw CommandFailure(
                .wrongUsage,
                "init: \"\(package)\" is no name for a package; use 1 to 50 letters, digits, - and _, beginning with a letter"
            )
        }
        let folder = DataFolder.absolute(name)
        guard !FileManager.default.fileExists(atPath: folder) else {
            throw CommandFailure(.wrongUsage, "init: \(folder) exists already; choose another name")
        }
        let repository = DAGRepository(name: package, dagKit: try dagKitFolder())
        do { try repository.write(to: folder) } catch {
            throw CommandFailure(.failed, "init: \(folder) cannot be made: \(error.localizedDescription)")
        }
        print(
            """
            Made \(folder). Next:
              cd \(name) && swift test
              git init -b main && git add -A && git commit -m "Begin"
              dagctl standalone --bundle dags
            """)
    }

    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (1...50).contains(name.utf8.count) else { return false }
        let isLetter = { (byte: UInt8) in (0x61...0x7A).contains(byte | 0x20) }
        let isOther = { (byte: UInt8) in (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F }
        return isLetter(first) && name.utf8.allSatisfy { isLetter($0) || isOther($0) }
    }

    private func dagKitFolder() throws -> String {
        let folder = dagKit.map(DataFolder.absolute) ?? Installation.current.package
        guard FileManager.default.fileExists(atPath: folder + "/Package.swift") else {
            throw CommandFailure(
                .failed, "init: there is no DAGKit package in \(folder); run make install, or name one with --dagkit")
        }
        return folder
    }
}

extension Installation {
    /// The Swift package that repositories of DAG authors depend on, when this program is installed.
    var package: String {
        let bin = (program as NSString).deletingLastPathComponent
        return ((bin as NSString).deletingLastPathComponent) + "/share/slipstream/DAGKit"
    }
}
