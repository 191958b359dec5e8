import ArgumentParser
import DAGModel
import Scheduler
import Store

/// What becomes of outputs above 64 KiB.
struct LargeOutputOptions: ParsableArguments {
    @Option(help: "The most that the output of a task may have, in MiB, up to 60.")
    var maxOutput = LargeOutput.usualLimit >> 20

    @Option(
        help:
            "A prefix in S3, s3://BUCKET/PREFIX, to which outputs above 64 KiB are moved. Defaults to none: they stay in the database."
    )
    var outputs: String?

    @Option(help: "The connection for --outputs, of type aws.")
    var outputsConnection: String?

    func validate() throws {
        let greatest = LargeOutput.greatestLimit >> 20
        guard (1...greatest).contains(maxOutput) else {
            throw ValidationError("--max-output: must be 1 to \(greatest), is \(maxOutput)")
        }
        guard (outputs == nil) == (outputsConnection == nil) else {
            throw ValidationError("--outputs and --outputs-connection need each other")
        }
        guard let outputs else { return }
        let rest = outputs.dropFirst("s3://".count)
        guard outputs.hasPrefix("s3://"), let first = rest.first, first != "/", !rest.contains(where: \.isWhitespace)
        else {
            throw ValidationError("--outputs: must be s3://BUCKET/PREFIX, is \"\(outputs)\"")
        }
    }

    func apply(to options: inout SchedulerOptions) {
        options.maximumOutput = maxOutput << 20
        if let outputs, let outputsConnection {
            options.outputPlace = OutputPlace(uri: outputs, connection: outputsConnection)
        }
    }
}
