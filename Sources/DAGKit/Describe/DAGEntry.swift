internal import FoundationEssentials
internal import Glibc
internal import Synchronization

/// Where a compiled DAG file enters: its `main` hands its DAG over here.
enum DAGEntry {
    private static let receiver = Mutex<(@Sendable (DAGDefinition) -> Void)?>(nil)

    /// Evaluates the DAG and gives it to the runner that loaded the file; without a runner, prints the description.
    static func enter(_ type: (some DAG).Type) {
        do {
            let definition = try DAGDefinition(type)
            guard let receive = receiver.withLock({ $0 }) else {
                try printDescription(definition)
                return
            }
            receive(definition)
        } catch {
            FileDescriptorOutput.standardError.write("\(type) cannot be described: \(error)\n")
            exit(1)
        }
    }

    /// Calls `main` of a loaded DAG file and returns the DAG that it hands over; nil when it hands over none.
    static func definition(from main: () -> Void) -> DAGDefinition? {
        receiver.withLock { $0 = { definition in received.withLock { $0 = definition } } }
        main()
        receiver.withLock { $0 = nil }
        return received.withLock { definition in
            defer { definition = nil }
            return definition
        }
    }

    private static let received = Mutex<DAGDefinition?>(nil)

    private static func printDescription(_ definition: DAGDefinition) throws {
        FileDescriptorOutput.standardOutput.write(
            String(decoding: try encodeOutput(definition.description()), as: UTF8.self) + "\n")
    }
}
