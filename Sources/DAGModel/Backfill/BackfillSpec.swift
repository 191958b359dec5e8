/// What a backfill is asked for: runs of a DAG for the dates of a range.
package struct BackfillSpec: Sendable, Hashable {
    /// The first and the last logical date; both are included.
    package var from: Instant
    package var to: Instant
    package var reprocess = ReprocessBehavior.none
    /// The newest date first.
    package var isReversed = false
    /// Runs of the backfill that may be running at once; those of the DAG's schedule are not counted.
    package var maxActiveRuns = 10
    /// The tasks to run; nil for all.
    package var taskIDs: [String]?
    /// The parameters of all runs; nil leaves the defaults to new runs and their own to runs that begin again.
    package var params: [String: JSONValue]?
    /// Whether runs that begin again go over to the version of the backfill.
    package var movesToVersion = true

    package init(from: Instant, to: Instant) {
        self.from = from
        self.to = to
    }

    /// The most dates that one backfill may have.
    package static let maximumDates = 100_000
}

/// Why a backfill cannot be, and which of its fields says so.
package struct BackfillProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The path to the field, as in Airflow's request.
    package let field: [String]
    /// A sentence.
    package let description: String

    package init(_ field: String..., sentence: String) {
        self.field = field
        description = sentence
    }

    init(_ problem: ParamProblem) {
        field = ["dag_run_conf"] + problem.path
        description = "\(problem)"
    }
}

extension BackfillSpec {
    /// Everything that can be told wrong without the DAG's runs; empty when the backfill may begin.
    package func problems(in dag: DAGDocument, timetable: Timetable, now: Instant) -> [BackfillProblem] {
        var problems = rangeProblems(now) + pastProblems(dag) + taskProblems(dag)
        if !timetable.isPeriodic {
            problems.append(
                BackfillProblem(
                    "dag_id",
                    sentence:
                        "\(dag.id) has no schedule of dates, so there is nothing to backfill; start runs with a trigger"
                ))
        }
        if maxActiveRuns < 1 {
            problems.append(
                BackfillProblem("max_active_runs", sentence: "max_active_runs must be at least 1, is \(maxActiveRuns)"))
        }
        return problems + (params.map(dag.params.problems) ?? []).map(BackfillProblem.init)
    }

    private func rangeProblems(_ now: Instant) -> [BackfillProblem] {
        if from > to {
            return [
                BackfillProblem(
                    "from_date",
                    sentence: "from_date \(from.iso8601) lies after to_date \(to.iso8601); give the earlier one first")
            ]
        }
        guard from >= now else { return [] }
        return [
            BackfillProblem(
                "from_date",
                sentence: "the range begins at \(from.iso8601), in the future; a backfill is about dates in the past")
        ]
    }

    /// Source: Airflow 3.3.2, `models/backfill.py`, `_validate_backfill_params`.
    private func pastProblems(_ dag: DAGDocument) -> [BackfillProblem] {
        guard let task = dag.tasks.first(where: \.past.isNeeded) else { return [] }
        var problems: [BackfillProblem] = []
        if isReversed {
            problems.append(
                BackfillProblem(
                    "run_backwards",
                    sentence: "task \(task.id) depends on its past, so the dates have to run from old to new"))
        }
        if reprocess == .none {
            problems.append(
                BackfillProblem(
                    "reprocess_behavior",
                    sentence:
                        "task \(task.id) depends on its past: reprocess_behavior must be failed or completed, so that no "
                        + "run in the range stays as it is and holds up the next"))
        }
        return problems
    }

    private func taskProblems(_ dag: DAGDocument) -> [BackfillProblem] {
        guard let taskIDs else { return [] }
        if taskIDs.isEmpty {
            return [
                BackfillProblem("task_ids", sentence: "task_ids must name at least one task, or be left out for all")
            ]
        }
        let known = dag.tasks.map(\.id)
        return taskIDs.filter { !known.contains($0) }.map { id in
            BackfillProblem(
                "task_ids", sentence: "DAG \(dag.id) has no task \(id)\(suggestionText(for: id, among: known))")
        }
    }
}

extension BackfillSpec {
    /// Whether the chosen tasks can run in a run that is new: none of them takes the output of a task that does not run.
    ///
    /// - Throws: The problem, with the tasks to add.
    package func checkInputs(in dag: DAGDocument) throws(BackfillProblem) {
        guard let taskIDs else { return }
        let missing = TaskSubset(taskIDs, in: DAGGraph(dag)).missingInputs(in: dag)
        guard let first = missing.first else { return }
        let sources = dag.tasks.map(\.id).filter { id in missing.contains { $0.source == id } }
        throw BackfillProblem(
            "task_ids",
            sentence: "task \(first.task) takes the output of \(first.source), and some dates have no run yet: add "
                + "\(sources.joined(separator: " and ")), or choose dates that have runs")
    }
}
