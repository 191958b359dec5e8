import ArgumentParser
import DAGModel

/// A run as a user names it: `RUN`, `DAG/RUN`, or `DAG` for its newest run.
struct RunReference: ExpressibleByArgument, Sendable {
    let text: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        text = argument
    }

    static let help: ArgumentHelp = "The run's id, DAG/RUN, or a DAG for its newest run."

    /// Finds the run.
    func resolve(_ client: APIClient) async throws -> JSONValue {
        if let slash = text.firstIndex(of: "/") {
            let (dag, run) = (String(text[..<slash]), String(text[text.index(after: slash)...]))
            return try await client.get(["dags", dag, "dagRuns", run])
        }
        if let run = try await found({ try await client.get(["dags", "~", "dagRuns", text]) }) { return run }
        let newest = try await found {
            try await client.get(["dags", text, "dagRuns"], [("order_by", "-id"), ("limit", "1")])
        }
        if let run = newest?["dag_runs"]?.elements.first { return run }
        if newest != nil {
            throw CommandFailure(.notFound, "DAG \(text) has no runs yet; start one with dagctl trigger \(text)")
        }
        throw CommandFailure(.notFound, "there is no run and no DAG \"\(text)\"\(try await suggestion(client))")
    }

    private func found(_ ask: () async throws -> JSONValue) async throws -> JSONValue? {
        do { return try await ask() } catch let failure as CommandFailure where failure.status == .notFound {
            return nil
        }
    }

    private func suggestion(_ client: APIClient) async throws -> String {
        let dags = try await client.all(["dags"], "dags").compactMap { $0["dag_id"]?.stringValue }
        let runs = try await client.get(["dags", "~", "dagRuns"], [("order_by", "-id"), ("limit", "100")])["dag_runs"]
        return suggestionText(
            for: text, among: dags + (runs?.elements.compactMap { $0["dag_run_id"]?.stringValue } ?? []))
    }
}

extension JSONValue {
    /// The path of the run that this answer describes.
    var runPath: [String] { ["dags", Format.text(self["dag_id"]), "dagRuns", Format.text(self["dag_run_id"])] }
}
