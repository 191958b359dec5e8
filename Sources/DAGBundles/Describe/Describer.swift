internal import DAGModel
internal import FoundationEssentials

/// Asks compiled DAG files what they declare: in the jail, and twice, under conditions that a deterministic file does not notice.
struct Describer: Sendable {
    let jail: Jail
    let toolchain: Toolchain

    /// - Parameters:
    ///   - artifact: the shared object's file.
    ///   - path: the DAG file it comes from, for messages.
    func describe(_ artifact: String, of path: String) async throws -> DescriberOutcome {
        async let first = run(artifact, ["TZ": "UTC", "LANG": "C.UTF-8", "SLIPSTREAM_CLOCK_OFFSET": "0"])
        async let second = run(
            artifact,
            [
                "TZ": "Asia/Kathmandu", "LANG": "de_DE.UTF-8", "SLIPSTREAM_CLOCK_OFFSET": "34567890",
                "USER": "somebody",
                "HOME": "/nonexistent",
            ])
        let texts: [[UInt8]]
        switch (try await first, try await second) {
        case (let first, let second) where first.isSuccess && second.isSuccess:
            texts = [first.standardOutput, second.standardOutput]
        case (let first, let second): return .failed(DescribeFailure.error(first.isSuccess ? second : first, path))
        }
        do {
            let values = try texts.map { try JSONDecoder().decode(JSONValue.self, from: Data($0)) }
            if let difference = values[0].firstDifference(from: values[1]) {
                return .failed(
                    ImportError(
                        file: path,
                        message: "body() is not deterministic: first difference at \(difference); "
                            + "move what depends on the clock, the environment or chance into a task"))
            }
            return judge(try JSONDecoder().decode(DAGDescription.self, from: Data(texts[0])), path)
        } catch {
            return .failed(ImportError(file: path, message: "its description is not what DAGKit prints: \(error)"))
        }
    }

    private static func knowsZone(_ name: String) -> Bool { Disk.exists("/usr/share/zoneinfo/" + name) }

    private func judge(_ description: DAGDescription, _ path: String) -> DescriberOutcome {
        // Author code could have printed any document: nothing in it is believed.
        let problems =
            description.problems
            + description.document.validate(knowsZone: Self.knowsZone)
            .filter { !description.problems.contains($0) }
        guard let problem = problems.first else { return .described(description) }
        let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
        return .failed(
            ImportError(file: path, line: problem.line > 0 ? problem.line : nil, message: problem.message + more))
    }

    private func run(_ artifact: String, _ environment: [String: String]) async throws -> JailResult {
        let libraries =
            "\(toolchain.runtime):" + toolchain.library.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        let own = [
            "LD_LIBRARY_PATH": libraries, "SLIPSTREAM_DAGKIT": toolchain.library, "SWIFT_BACKTRACE": "enable=no",
        ]
        return try await jail.run(
            JailCommand(
                toolchain.runner, ["describe", artifact], environment: environment.merging(own) { $1 },
                readable: toolchain.folders + [artifact], limits: .describing))
    }
}

enum DescriberOutcome: Sendable, Hashable {
    case described(DAGDescription)
    case failed(ImportError)
}
