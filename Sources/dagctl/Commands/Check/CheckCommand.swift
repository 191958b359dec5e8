import ArgumentParser
import DAGModel
import Foundation

/// `dagctl check`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check the configuration and this machine, and tell every problem at once.",
        discussion: "Changes nothing; ends with 1 when there is a problem.\n\nExample: dagctl check")

    @Option(
        name: .customLong("data"),
        help: "The data folder. Defaults to SLIPSTREAM_DATA, then to ~/.local/share/slipstream.")
    var dataFolder: String?

    @Option(help: "The port that the API will listen on.")
    var port = 8793

    @Flag(name: .customLong("no-jail"), help: "DAG files will be compiled without a jail.")
    var withoutJail = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let folder = dataFolder.map { DataFolder(path: DataFolder.absolute($0)) } ?? .usual(environment)
        var results = FolderChecks(folder: folder).all() + EnvironmentChecks(environment: environment).all()
        results += await DatabaseChecks(environment: environment, folder: folder).all()
        results += MachineChecks(environment: environment, installation: .current).all()
        if !withoutJail { results.append(await MachineChecks.jail()) }
        results.append(PortCheck(port: port, folder: folder).result())
        show(results)
        if results.contains(where: { $0.verdict == .problem }) { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func show(_ results: [CheckResult]) {
        if output.output == .json { return print(JSONValue.array(results.map(\.json)).indentedJSON) }
        let width = results.map(\.key.count).max() ?? 0
        for result in results {
            for line in result.lines(keyWidth: width, .current) { print(line) }
        }
        let problems = results.count { $0.verdict == .problem }
        print(problems == 0 ? "\nAll is well." : "\n\(problems) problem\(problems == 1 ? "" : "s").")
    }
}

extension CheckResult {
    /// The verdict, the key and the value in one line; the rule and the remedy below it.
    func lines(keyWidth: Int, _ terminal: Terminal) -> [String] {
        let style: Style = verdict == .ok ? .green : verdict == .warning ? .yellow : .red
        let mark = verdict.rawValue + String(repeating: " ", count: 9 - verdict.rawValue.count)
        let indent = 9 + keyWidth + 2
        let label = key + String(repeating: " ", count: keyWidth - key.count + 2)
        let text = ([value] + (rule.isEmpty ? [] : [rule]) + (remedy.isEmpty ? [] : ["→ \(remedy)"]))
        let width = terminal.width.map { max(20, $0 - indent) }
        let wrapped = text.flatMap { Fields.wrapped($0, to: width) }
        return wrapped.enumerated().map { index, part in
            index == 0
                ? style.applied(to: mark, terminal) + Style.bold.applied(to: label, terminal) + part
                : String(repeating: " ", count: indent) + part
        }
    }

    var json: JSONValue {
        .object([
            "key": .string(key), "verdict": .string(verdict.rawValue), "value": .string(value), "rule": .string(rule),
            "remedy": .string(remedy),
        ])
    }
}
