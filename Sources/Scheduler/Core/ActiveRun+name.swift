internal import DAGModel
internal import Store
internal import WorkerProtocol

extension ActiveRun {
    /// What people call an instance of a mapped task that has ended; nil when its task gives no names, or this one cannot be made.
    func name(of key: InstanceKey, attempt: AttemptID, _ token: AttemptToken, output: String) -> String? {
        let task = version.graph.tasks[key.task]
        guard key.mapIndex >= 0, let template = task.mapIndexTemplate else { return nil }
        let params = JSONValue(reading: record.params) ?? .null
        var values = TemplateValues(
            variables: spec(attempt, token, key).templateVariables, params: params, outputs: [:])
        values.outputs[task.id] = JSONValue(reading: output)
        return (try? template.render(values)).map { String($0.prefix(Self.longestName)) }
    }

    /// As in Airflow.
    private static let longestName = 250
}

extension JSONValue {
    fileprivate init?(reading text: String) {
        var reader = JSONReader(text)
        guard let value = reader.read() else { return nil }
        self = value
    }
}
