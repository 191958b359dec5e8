internal import DAGModel
internal import FoundationEssentials
internal import WorkerProtocol

extension TaskContext {
    /// The values that the templates of this attempt may name, with the outputs of `tasks`.
    func templateValues(for tasks: [String]) async throws -> TemplateValues {
        var outputs: [String: JSONValue] = [:]
        for task in tasks { outputs[task] = try decodeJSON(channel.ask(.output(task: task))) }
        return TemplateValues(
            variables: spec.templateVariables, params: try decodeJSON(spec.params), outputs: outputs)
    }

    private func decodeJSON(_ bytes: [UInt8]) throws -> JSONValue {
        bytes.isEmpty ? .null : try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }
}
