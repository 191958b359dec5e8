public import DAGModel

extension AttemptSpec {
    /// The template variables of this attempt; those that need a logical date are absent in a run without one.
    public var templateVariables: [TemplateVariable: String] {
        var variables: [TemplateVariable: String] = [
            .dagID: dagID, .runID: runID, .taskID: taskID, .mapIndex: String(mapIndex), .tryNumber: String(tryNumber),
        ]
        variables[.dataIntervalStart] = dataIntervalStart?.isoformat
        variables[.dataIntervalEnd] = dataIntervalEnd?.isoformat
        guard let logicalDate else { return variables }
        let date = logicalDate.dateText
        let nodash = date.filter { $0 != "-" }
        let clock = logicalDate.isoformat.dropFirst(11).prefix(8).filter { $0 != ":" }
        variables[.ds] = date
        variables[.dsNodash] = nodash
        variables[.ts] = logicalDate.isoformat
        variables[.tsNodash] = "\(nodash)T\(clock)"
        variables[.logicalDate] = logicalDate.isoformat
        return variables
    }
}
